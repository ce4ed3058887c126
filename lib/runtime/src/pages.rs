//! Manual pages and shell completions, made from the commands themselves when packages are built.
//!
//! Every program of the suite takes `--write-pages DIR` as its only argument. Nobody needs it but whoever packages, so no
//! help names it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// The directory to write to, when that is all the process was asked for.
pub fn asked(mut args: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    match (args.next(), args.next(), args.next()) {
        (Some(flag), Some(directory), None) if flag == "--write-pages" => Some(directory.into()),
        _ => None,
    }
}

/// Writes `man/NAME.SECTION`, one page per subcommand beside it, and `completions/` for bash, zsh and fish.
///
/// # Errors
/// The directory is not writable.
pub fn write(command: Command, section: &str, directory: &Path) -> io::Result<()> {
    let (man, completions) = (directory.join("man"), directory.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    let name = command.get_name().to_owned();
    let mut command = command.disable_help_subcommand(true);
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command.clone(), &name, &completions)?;
    }
    command.build();
    write_page(&command, &name, section, &man)
}

fn write_page(command: &Command, name: &str, section: &str, directory: &Path) -> io::Result<()> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        write_page(inner, &format!("{name}-{}", inner.get_name()), section, directory)?;
    }
    let mut page = Vec::new();
    let title = command.clone().display_name(name.to_owned());
    Man::new(title).title(name).section(section).manual("DecisionGraph").render(&mut page)?;
    fs::write(directory.join(format!("{name}.{section}")), page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_directory_alone_asks() {
        let asked = |args: &[&str]| asked(args.iter().map(OsString::from));
        assert_eq!(asked(&["--write-pages", "/tmp/x"]), Some(PathBuf::from("/tmp/x")));
        assert_eq!(asked(&["--write-pages"]), None);
        assert_eq!(asked(&["--write-pages", "/tmp/x", "more"]), None);
        assert_eq!(asked(&["--config", "/tmp/x"]), None);
    }

    #[test]
    fn every_command_that_is_shown_has_a_page() {
        let dir = tempfile::tempdir().unwrap();
        let shown = Command::new("up").about("Starts it");
        let command = Command::new("dg-x").about("Does x").subcommand(shown).subcommand(Command::new("in").hide(true));
        write(command, "8", dir.path()).unwrap();
        let names = |inner: &str| {
            let entries = fs::read_dir(dir.path().join(inner)).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names.join(" ")
        };
        assert_eq!(names("man"), "dg-x-up.8 dg-x.8");
        assert_eq!(names("completions"), "_dg-x dg-x.bash dg-x.fish");
        let page = fs::read_to_string(dir.path().join("man/dg-x-up.8")).unwrap();
        assert!(page.contains("Starts it"), "{page}");
    }
}
