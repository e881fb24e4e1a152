//! Completions for shells, and the manual page, both made from the command line's own description.

use crate::args;
use crate::failure::{Failure, Outcome};
use crate::output::to_stdout;
use clap_complete::Shell;
use std::io::Write;

/// Prints completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "lenscap", &mut script);
    to_stdout(|out| out.write_all(&script))?;
    Ok(Outcome::Nothing)
}

/// Prints the manual page, the subcommands' pages behind it.
pub(crate) fn man() -> Result<Outcome, Failure> {
    let mut command = args::command();
    command.build();
    to_stdout(|out| {
        clap_mangen::Man::new(command.clone()).render(out)?;
        let subcommands = command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
        subcommands.cloned().try_for_each(|subcommand| clap_mangen::Man::new(subcommand).render(out))
    })?;
    Ok(Outcome::Nothing)
}
