//! The door to the command line; everything behind it is in the library.

fn main() -> std::process::ExitCode {
    ganscope::cli::run()
}
