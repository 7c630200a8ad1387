//! One promise, two tests.

/// Makes `promise::sqlite` and `promise::postgres` of every `async fn promise(kind: DatabaseKind)`, so that a failure says
/// where it happened and one of them can be run alone. The calling crate needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $promise:ident($kind:ident: $type:ty) $body:block)+) => {$(
        $(#[$attribute])*
        async fn $promise($kind: $type) $body

        mod $promise {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$promise($crate::database::DatabaseKind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$promise($crate::database::DatabaseKind::Postgres).await;
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use crate::database::{DatabaseKind, TestDatabase};

    on_both_databases! {
        async fn the_database_is_of_the_kind_that_the_test_is_named_after(kind: DatabaseKind) {
            assert!(TestDatabase::create(kind).url().starts_with(kind.as_str()));
        }
    }
}
