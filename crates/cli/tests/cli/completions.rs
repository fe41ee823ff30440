//! `runnerconf completions`.

use std::fs;
use std::process::Command;

use crate::remote::{done, run_with};
use crate::support::{Folder, complaint, printed, runnerconf};

#[test]
fn every_shell_gets_all_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = done(&mut runnerconf(["completions", shell]));
        let mut words = vec![
            "environment-class",
            "host-token",
            "oauth-client-secret-file",
        ];
        if ["bash", "zsh", "fish"].contains(&shell) {
            // The others complete no values.
            words.extend(["sonnet_4_5", "aws_ec2"]);
        }
        for word in words {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn bash_completes() {
    let mut script = done(&mut runnerconf(["completions", "bash"]));
    script += "\nCOMP_WORDS=(runnerconf validate e); COMP_CWORD=2
_runnerconf runnerconf e validate
echo \"${COMPREPLY[@]}\"\n";
    let output = run_with(&mut Command::new("bash"), &script);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "environment-class\n"
    );
}

#[test]
fn every_command_that_the_help_shows_has_a_manual_page() {
    let folder = Folder::new();
    let pages = folder.path("man/man1");
    let mut write = runnerconf(["man-pages"]);
    write.arg(&pages);
    assert_eq!(printed(write), "");
    let help = printed(runnerconf(["help"]));
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty()).then(|| format!("runnerconf-{name}.1"))
    });
    let names: Vec<String> = names.filter(|name| name != "runnerconf-help.1").collect();
    assert!(names.len() > 8, "{help}");
    for name in names
        .iter()
        .map(|name| &**name)
        .chain(["runnerconf.1", "runnerconf-runner-apply.1"])
    {
        let page = fs::read_to_string(pages.join(name)).unwrap();
        assert!(
            page.contains(".TH ") && page.contains("runnerconf"),
            "{name}"
        );
    }
    assert!(!pages.join("runnerconf-man-pages.1").exists());

    let in_the_way = folder.file("file", "");
    let mut write = runnerconf(["man-pages"]);
    write.arg(in_the_way);
    assert!(complaint(write).starts_with("cannot write manual pages to "));
}
