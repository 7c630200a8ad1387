//! ETags, and the headers that go with them: whatever reads one record gives its ETag, and whatever answers 412 takes `If-Match`.

use utoipa::{
    Modify,
    openapi::{
        HeaderBuilder, ObjectBuilder, OpenApi as Document, RefOr, Required, ResponseBuilder, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::condition::is_record;

pub(super) struct Conditions;

impl Modify for Conditions {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            if let Some(operation) = item.get.as_mut().filter(|_| is_record(path)) {
                reading(operation);
            }
            let writes = [&mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
            writes.into_iter().flatten().for_each(writing);
        }
    }
}

fn reading(operation: &mut Operation) {
    let tag = || {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        HeaderBuilder::new()
            .schema(Some(text))
            .description(Some("Names this state of the record: send it as `If-Match` to change it."))
            .build()
    };
    if let Some(RefOr::T(read)) = operation.responses.responses.get_mut("200") {
        read.headers.insert("ETag".to_owned(), RefOr::T(tag()));
    }
    let unchanged = ResponseBuilder::new().description("It still is as `If-None-Match` says.").header("ETag", tag()).build();
    operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    let about = "The `ETag` of what you have: it is sent only if it has changed.";
    // Whatever it says, it is answered: what is no ETag is none that anybody has.
    let had = ParameterBuilder::new().name("If-None-Match").parameter_in(ParameterIn::Header).required(Required::False);
    let had = had.description(Some(about)).schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    operation.parameters.get_or_insert_default().push(had.build().into());
}

fn writing(operation: &mut Operation) {
    let answers = |status| operation.responses.responses.contains_key(status);
    if !answers("412") {
        return;
    }
    let (required, about) = if answers("428") {
        (Required::True, "The `ETag` of the record as you have seen it, or `*` to replace it whatever it is.")
    } else {
        (Required::False, "The `ETag` of the record as you have seen it: if it has changed since, nothing is done.")
    };
    operation.parameters.get_or_insert_default().push(if_match(about, required).into());
}

fn if_match(about: &str, required: Required) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r#"^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$"#));
    let header = ParameterBuilder::new().name("If-Match").parameter_in(ParameterIn::Header).required(required);
    header.description(Some(about)).schema(Some(text)).build()
}
