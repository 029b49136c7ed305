//! The `coc` program; see [`coc::cli`].

fn main() -> std::process::ExitCode {
    coc::cli::main()
}
