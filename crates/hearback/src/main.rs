use std::process::ExitCode;

fn main() -> ExitCode {
    hearback::run()
}
