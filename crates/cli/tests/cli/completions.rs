//! `runnerconf completions`.

use std::process::Command;

use crate::remote::{done, run_with};
use crate::support::runnerconf;

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
