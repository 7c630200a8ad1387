//! One text for both databases.

use sea_orm_migration::{
    prelude::{DbErr, SchemaManager},
    sea_orm::{ConnectionTrait, DbBackend},
};

/// Runs the statements, which are separated by `;` at the end of a line.
pub async fn run(manager: &SchemaManager<'_>, statements: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let statements = translate(statements, connection.get_database_backend());
    for statement in statements.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

fn translate(text: &str, backend: DbBackend) -> String {
    let types = match backend {
        DbBackend::Sqlite => {
            [("{uuid}", "BLOB"), ("{time}", "TEXT"), ("{bytes}", "BLOB"), ("{bool}", "INTEGER"), ("{json}", "TEXT"), ("{table}", "STRICT")]
        }
        _ => [
            ("{uuid}", "uuid"),
            ("{time}", "timestamptz"),
            ("{bytes}", "bytea"),
            ("{bool}", "boolean"),
            // Text, not jsonb: it is read whole, by us, and never searched.
            ("{json}", "text"),
            ("{table}", ""),
        ],
    };
    types.iter().fold(text.to_owned(), |text, (name, sql)| text.replace(name, sql))
}
