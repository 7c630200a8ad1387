//! Spanish.

use hearback_domain::application::{Stage, Status};

use super::{Ask, Words};

pub(super) const WORDS: Words = Words {
    title: "Su candidatura: ",
    over: "Su candidatura: ",
    next: "Qué viene ahora",
    promise: [
        "Tendrá noticias nuestras a más tardar el ",
        ", aunque para entonces no hayamos tomado una decisión. Si ese día pasa sin noticias, escríbanos: el error sería nuestro.",
    ],
    soon: "Un correo que lo confirma está en camino. En él verá la fecha en que, a más tardar, volverá a tener noticias nuestras.",
    steps: "Fases",
    done: "terminada",
    now: "ahora",
    so_far: "Lo ocurrido hasta ahora",
    received: "Recibimos su candidatura",
    reach: "Hablar con una persona",
    reach_text: "¿Quiere preguntar, añadir o corregir algo? Escriba aquí, o responda a cualquiera de nuestros correos. Una persona lo leerá y le contestará por correo.",
    you: "Usted escribió",
    write: "Su mensaje",
    send: "Enviar",
    wrong: [
        "Todavía no hay nada escrito: escriba algo primero.",
        "Es demasiado largo para este espacio. Acórtelo, o envíelo por correo.",
        "Ha escrito mucho en esta hora. No se ha enviado nada: inténtelo más tarde, o envíe un correo.",
    ],
    withdraw: "¿Ha cambiado de idea?",
    withdraw_text: "Puede retirar su candidatura en cualquier momento, sin dar ninguna razón.",
    withdraw_link: "Retirar mi candidatura",
    footer: "Esta página muestra siempre lo último que le hemos comunicado. Quien tenga su enlace puede verla: no lo comparta.",
    ask: Ask {
        headline: "¿Retirar su candidatura?",
        lead: "Todavía no ha pasado nada. Si la retira:",
        follows: [
            "dejaremos de tenerla en cuenta para este puesto,",
            "se lo confirmaremos por correo,",
            "y podrá volver a presentarse mientras el puesto siga abierto.",
        ],
        yes: "Sí, retirar mi candidatura",
        no: "No, dejarla como está",
    },
};

pub(super) const fn told(status: Status, stage: Stage) -> [&'static str; 2] {
    match status {
        Status::Active => match stage {
            Stage::Received => ["Tenemos su candidatura.", "Está pendiente de revisión. No tiene que hacer nada."],
            Stage::Review => ["Su candidatura se está revisando.", "La estamos leyendo en este momento. No tiene que hacer nada."],
            Stage::Interview => {
                ["Su candidatura está en la fase de entrevistas.", "Nos gustaría conocerle mejor. Le contaremos por correo cómo seguimos."]
            }
            Stage::Offer => {
                ["Su candidatura está en la fase de oferta.", "Nos gustaría trabajar con usted. Le contaremos por correo cómo seguimos."]
            }
        },
        Status::Hired => ["El puesto es suyo.", "Enhorabuena, nos alegra mucho contar con usted. Le contaremos por correo cómo seguimos."],
        Status::Rejected => [
            "Hemos decidido no seguir adelante con su candidatura.",
            "Seguramente no es la respuesta que esperaba. Le agradecemos el tiempo y el interés que ha dedicado a su candidatura.",
        ],
        Status::Withdrawn => {
            ["Su candidatura está retirada.", "Ya no la tendremos en cuenta. Si no lo pidió usted, o si ha cambiado de idea, díganoslo."]
        }
    }
}

pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "Recibida",
        Stage::Review => "Revisión",
        Stage::Interview => "Entrevista",
        Stage::Offer => "Oferta",
    }
}
