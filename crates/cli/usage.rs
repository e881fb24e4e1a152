//! What is wrong with the arguments: one sentence, and what to type instead.
//!
//! What is offered is what was typed without, or with, the argument that is wrong, and only where it would be taken.

use crate::args;
use crate::failure::Failure;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error, Id};
use lenscap_report::escape::escape;
use lenscap_report::shell;
use std::error::Error as _;
use std::ffi::{OsStr, OsString};

/// What is said of arguments that cannot be taken; nothing where help or the version was asked for.
pub(crate) fn failure(why: &Error, typed: &[OsString]) -> Option<Failure> {
    if !why.use_stderr() || why.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return None;
    }
    let mut root = args::command();
    root.build();
    let line = Line::of(&root, typed);
    let (what, next) = line.said(why);
    Some(Failure::new(escape(what.as_bytes()).into_owned()).next(next))
}

/// What was typed.
struct Line<'c> {
    /// The command that the arguments are for, and how it is called.
    command: &'c Command,
    called: String,
    /// What follows the command, each word with the argument that it is of.
    words: Vec<(OsString, Option<Id>)>,
}

impl<'c> Line<'c> {
    fn of(root: &'c Command, typed: &[OsString]) -> Self {
        let mut line = Self { command: root, called: "lenscap".into(), words: Vec::new() };
        let mut words = typed.iter().skip(1).peekable();
        while let Some(sub) = words.peek().and_then(|word| line.command.find_subcommand(word)) {
            line.command = sub;
            line.called = format!("{} {}", line.called, sub.get_name());
            words.next();
        }
        let (mut value_of, mut is_open) = (None, true);
        for word in words {
            let (of, next) = match value_of.take() {
                Some(id) => (Some(id), None),
                None if is_open => line.owner(word),
                None => (line.positional(), None),
            };
            is_open &= word != "--";
            value_of = next;
            line.words.push((word.clone(), of));
        }
        line
    }

    fn arguments(&self) -> impl Iterator<Item = &'c Arg> {
        self.command.get_arguments()
    }

    fn positional(&self) -> Option<Id> {
        self.arguments().find(|arg| arg.is_positional()).map(|arg| arg.get_id().clone())
    }

    /// The argument that a word is of, and that which the next word is the value of.
    fn owner(&self, word: &OsStr) -> (Option<Id>, Option<Id>) {
        let text = word.to_string_lossy();
        let (name, is_whole) = text.split_once('=').map_or((&*text, true), |(name, _)| (name, false));
        let short = name.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with('-'));
        let found = match (name.strip_prefix("--"), short) {
            (Some(long), _) => self.arguments().find(|arg| arg.get_long() == Some(long)),
            (None, Some(short)) => self.arguments().find(|arg| arg.get_short() == short.chars().next()),
            (None, None) => return (self.positional(), None),
        };
        let id = found.map(|arg| arg.get_id().clone());
        let takes = found.is_some_and(|arg| arg.get_action().takes_values());
        let is_alone = is_whole && short.is_none_or(|short| short.chars().count() == 1);
        let next = id.clone().filter(|_| takes && is_alone);
        (id, next)
    }

    /// What is wrong, and what to type.
    fn said(&self, why: &Error) -> (String, String) {
        let given = shown(why, ContextKind::InvalidArg);
        let first = given.first().map(|arg| name(arg)).unwrap_or_default();
        match why.kind() {
            ErrorKind::ArgumentConflict => self.conflict(&given, &shown(why, ContextKind::PriorArg)),
            ErrorKind::MissingRequiredArgument => {
                let names: Vec<_> = given.iter().map(|arg| name(arg)).collect();
                let with: Vec<_> = given.iter().map(|arg| plain(arg)).collect();
                let next = format!("Try: {} {}", self.text(|_| true), with.join(" "));
                let are = if names.len() == 1 { "is" } else { "are" };
                (format!("{} {are} missing", names.join(" and ")), next)
            }
            ErrorKind::UnknownArgument => {
                let like = shown(why, ContextKind::SuggestedArg);
                let like = like.first().map(|like| format!("; is {} meant?", name(like)));
                (format!("{} has no {first}{}", self.called, like.unwrap_or_default()), self.manual())
            }
            ErrorKind::InvalidSubcommand => {
                let command = shown(why, ContextKind::InvalidSubcommand).join(" ");
                let like = shown(why, ContextKind::SuggestedSubcommand);
                let like = like.first().map(|like| format!("; is {like} meant?"));
                (
                    format!("{} has no command {command}{}", self.called, like.unwrap_or_default()),
                    self.manual(),
                )
            }
            ErrorKind::ValueValidation if why.source().is_some() => {
                // Of a range clap says `60..=200`.
                let source = why.source().map(|source| source.to_string().replace("..=", " to "));
                let source = source.unwrap_or_default();
                (format!("{first}: {source}"), self.manual())
            }
            ErrorKind::InvalidValue => {
                let value = shown(why, ContextKind::InvalidValue).join(" ");
                let all = shown(why, ContextKind::ValidValue).join(", ");
                let what = match (value.as_str(), all.as_str()) {
                    ("", "") => format!("{first} has no value"),
                    ("", all) => format!("{first} has no value; there are {all}"),
                    (value, all) => format!("{first}: there is no {value:?}; there are {all}"),
                };
                (what, self.manual())
            }
            _ => (sentence(why), self.manual()),
        }
    }

    /// Of two arguments that exclude each other, or of one that was given twice, either goes.
    fn conflict(&self, given: &[String], prior: &[String]) -> (String, String) {
        let mut all: Vec<&String> = given.iter().chain(prior).collect();
        all.dedup();
        let names: Vec<_> = all.iter().map(|arg| name(arg)).collect();
        if let [once] = names.as_slice() {
            return (format!("{once} can be given once only"), self.manual());
        }
        let what = format!("{} cannot be given together", names.join(" and "));
        // Where one excludes several, it is the one to go, or all of them are.
        let id = |shown: &String| self.arguments().find(|arg| arg.to_string() == **shown).map(Arg::get_id);
        let of = |side: &[String]| side.iter().filter_map(id).cloned().collect::<Vec<_>>();
        let without = |gone: Vec<Id>| {
            let keeps = |id: &Option<Id>| id.as_ref().is_none_or(|id| !gone.contains(id));
            self.is_taken(keeps).then(|| self.text(keeps))
        };
        let tries: Vec<String> = [of(prior), of(given)].into_iter().filter_map(without).collect();
        let next =
            if tries.is_empty() { self.manual() } else { format!("Try: {}", tries.join("      or: ")) };
        (what, next)
    }

    /// Whether what was typed can be taken without some of it.
    fn is_taken(&self, keeps: impl Fn(&Option<Id>) -> bool) -> bool {
        let command = self.called.split(' ').map(OsString::from);
        let words = self.words.iter().filter(|(_, of)| keeps(of)).map(|(word, _)| word.clone());
        args::command().try_get_matches_from(command.chain(words)).is_ok()
    }

    /// What was typed, without some of it, as a shell takes it.
    fn text(&self, keeps: impl Fn(&Option<Id>) -> bool) -> String {
        let words = self.words.iter().filter(|(_, of)| keeps(of));
        words
            .fold(self.called.clone(), |text, (word, _)| format!("{text} {}", again(&word.to_string_lossy())))
    }

    fn manual(&self) -> String {
        format!("See what there is: {} --help", self.called)
    }
}

/// A word as a shell takes it. One that begins like an option is one, or clap would have refused it.
fn again(word: &str) -> String {
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match word.split_once('=') {
        Some((option, value)) if option.starts_with('-') && is_plain(option) => {
            format!("{option}={}", shell::word(value))
        }
        None if word.starts_with('-') && is_plain(word) => word.to_owned(),
        _ => shell::word(word),
    }
}

/// `--memory SIZE` of `--memory <SIZE>`, `FILES.lens` of `<FILES.lens>...`.
fn plain(shown: &str) -> String {
    shown.trim_end_matches('.').replace(['<', '>', '[', ']'], "")
}

/// `--memory` of `--memory <SIZE>`, `FILES` of `<FILES>...`.
fn name(shown: &str) -> String {
    plain(shown).split(' ').next().unwrap_or_default().to_owned()
}

/// What clap names, as it writes arguments: `--memory <SIZE>`.
fn shown(why: &Error, kind: ContextKind) -> Vec<String> {
    match why.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(all)) => all.clone(),
        _ => vec![],
    }
}

/// What clap says, without the usage behind it.
fn sentence(why: &Error) -> String {
    let text = why.render().to_string();
    let text = text.split("\n\n").next().unwrap_or_default();
    text.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let typed: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let why = args::command().try_get_matches_from(&typed).unwrap_err();
        failure(&why, &typed).map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn of_two_that_exclude_each_other_either_goes() {
        assert_eq!(
            said("lenscap watch eth0 --replay=a.pcap --json"),
            "lenscap: INTERFACES and --replay cannot be given together\n  \
             Try: lenscap watch eth0 --json      or: lenscap watch --replay=a.pcap --json"
        );
        assert_eq!(
            said("lenscap scan a.pcap --json -j 2 --csv"),
            "lenscap: --json and --csv cannot be given together\n  \
             Try: lenscap scan a.pcap --json -j 2      or: lenscap scan a.pcap -j 2 --csv"
        );
        assert!(
            said("lenscap scan a.pcap --memory=1G --memory 2G").contains("--memory can be given once only")
        );
    }

    /// Every pair that clap refuses is told in a sentence, whose next command is taken.
    #[test]
    fn every_conflict_has_a_way_out() {
        let (mut conflicts, root) = (0, args::command());
        for sub in root.get_subcommands() {
            let value = |arg: &Arg| match arg.get_long() {
                Some("csv" | "json") | None => String::new(),
                _ if !arg.get_action().takes_values() => String::new(),
                _ => "=1".to_owned(),
            };
            let options: Vec<_> = sub
                .get_arguments()
                .filter_map(|arg| Some(format!("--{}{}", arg.get_long()?, value(arg))))
                .collect();
            for (n, one) in options.iter().enumerate() {
                for other in &options[n + 1..] {
                    let typed = ["lenscap", sub.get_name(), "a.pcap", one, other].map(OsString::from);
                    let Err(why) = args::command().try_get_matches_from(&typed) else { continue };
                    if why.kind() != ErrorKind::ArgumentConflict {
                        continue;
                    }
                    let said = failure(&why, &typed).unwrap().to_string();
                    let lines: Vec<_> = said.lines().collect();
                    assert_eq!(lines.len(), 2, "{said}");
                    assert!(lines[0].ends_with(" cannot be given together"), "{said}");
                    conflicts += 1;
                }
            }
        }
        assert!(conflicts > 20, "{conflicts}");
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_wrong_is_said_in_a_sentence() {
        assert_eq!(said("lenscap scan"), "lenscap: FILES is missing\n  Try: lenscap scan FILES");
        assert!(
            said("lenscap watch eth0 --rotate 1h")
                .starts_with("lenscap: --json and --output-file are missing\n")
        );
        assert!(said("lenscap scan a.pcap --width 20").contains("--width: 20 is not in 60 to 200\n"));
        assert_eq!(
            said("lenscap watch eth0 --output-file o.jsonl"),
            "lenscap: --json is missing\n  Try: lenscap watch eth0 --output-file o.jsonl --json"
        );
        assert_eq!(
            said("lenscap scan a.pcap --memory lots"),
            "lenscap: --memory: \"lots\" is no size; write 512M or 4G\n  \
             See what there is: lenscap scan --help"
        );
        assert!(
            said("lenscap scan a.pcap --color blue")
                .contains("--color: there is no \"blue\"; there are auto, ")
        );
        assert!(said("lenscap scan a.pcap --memory").starts_with("lenscap: --memory has no value\n"));
        assert!(said("lenscap scn a.pcap").contains("has no command scn; is scan meant?\n"));
        assert!(said("lenscap scan a.pcap --jsn").contains("lenscap scan has no --jsn; is --json meant?\n"));
        assert_eq!(said("lenscap scan --help"), "");
    }

    #[test]
    fn what_was_typed_steers_no_terminal() {
        assert!(!said("lenscap scan a.pcap --x\u{1b}[2J").contains('\u{1b}'));
        assert!(!said("lenscap scan a\u{1b}[2J --json --csv").contains('\u{1b}'));
    }
}
