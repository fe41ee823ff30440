//! Which server a command is for, and with which key.

use std::fs;

use crate::remote::{Remote, done, failed};

const LIST: [&str; 3] = ["scm-integration", "list", "--timeout=5"];

/// Writes the file with the profiles.
fn write_profiles(remote: &Remote, text: &str) {
    let folder = remote.folder.path("config/runnerconf");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), text).unwrap();
}

/// Profiles of which `right` is the server; `wrong` and `refused` are what another choice would be noticed by.
fn profiles(remote: &Remote, more: &str) -> String {
    fs::create_dir_all(remote.folder.path("config/runnerconf/keys")).unwrap();
    fs::write(
        remote.folder.path("config/runnerconf/keys/right"),
        &remote.key,
    )
    .unwrap();
    format!(
        "{more}\n\
         [profiles.right]\nurl = '{url}'\nkey-file = 'keys/right'\n\
         [profiles.command]\nurl = '{url}'\nkey-command = ['cat', '{key}']\n\
         [profiles.wrong]\nurl = 'http://127.0.0.1:9'\nkey-file = 'keys/right'\n\
         [profiles.refused]\nurl = '{url}'\nkey-command = ['echo', 'wrong-key']\n\
         [profiles.keyless]\nurl = '{url}'\n",
        url = remote.url(),
        key = remote.folder.data().join("admin.key").display(),
    )
}

#[test]
fn the_first_of_several_counts() {
    let remote = Remote::start();
    let url = remote.url();
    let key_file = remote.folder.data().join("admin.key");
    let key_file = key_file.to_str().unwrap();
    let key = remote.key.as_str();
    let nowhere = "http://127.0.0.1:9";
    write_profiles(&remote, &profiles(&remote, "default = 'right'"));
    // Arguments, variables, and where a wrong choice comes from that is made on purpose.
    for (arguments, variables, right) in [
        (&[][..], &[][..], Ok(())),
        (&["--profile", "command"], &[], Ok(())),
        (
            &["--profile", "right"],
            &[("ONA_BASE_URL", nowhere), ("ONA_API_KEY", "x")],
            Ok(()),
        ),
        (
            &["--profile", "right"],
            &[("RUNNERCONF_PROFILE", "wrong")],
            Ok(()),
        ),
        (
            &[],
            &[("RUNNERCONF_PROFILE", "right"), ("ONA_API_KEY", "x")],
            Ok(()),
        ),
        (&[], &[("ONA_BASE_URL", &url), ("ONA_API_KEY", key)], Ok(())),
        (
            &[],
            &[("GITPOD_BASE_URL", &url), ("GITPOD_API_KEY", key)],
            Ok(()),
        ),
        (
            &[],
            &[
                ("ONA_BASE_URL", &url),
                ("ONA_API_KEY", key),
                ("GITPOD_API_KEY", "x"),
            ],
            Ok(()),
        ),
        (
            &["--url", &url],
            &[("ONA_API_KEY", key), ("ONA_BASE_URL", nowhere)],
            Ok(()),
        ),
        (
            &["--url", &url, "--key-file", key_file],
            &[("ONA_API_KEY", "x")],
            Ok(()),
        ),
        (
            &["--url", &url, "--key-file", key_file],
            &[("RUNNERCONF_PROFILE", "wrong")],
            Ok(()),
        ),
        (
            &["--profile", "refused", "--key-file", key_file],
            &[],
            Ok(()),
        ),
        (
            &["--key-file", key_file],
            &[("ONA_BASE_URL", &url), ("ONA_API_KEY", "x")],
            Ok(()),
        ),
        (&["--key-file", key_file], &[], Ok(())),
        (&["--profile", "wrong"], &[], Err("profile wrong")),
        (
            &[],
            &[("RUNNERCONF_PROFILE", "wrong")],
            Err("profile wrong in RUNNERCONF_PROFILE"),
        ),
        (
            &["--profile", "refused"],
            &[],
            Err("the key is from profile refused"),
        ),
        (
            &[],
            &[("ONA_BASE_URL", nowhere), ("ONA_API_KEY", key)],
            Err("ONA_BASE_URL"),
        ),
        (&["--url", nowhere], &[("ONA_API_KEY", key)], Err("--url")),
        (&["--url", &url], &[], Err("there is no API key")),
        (&[], &[("ONA_BASE_URL", &url)], Err("there is no API key")),
        (
            &["--profile", "keyless"],
            &[],
            Err("profile keyless has no key"),
        ),
        (
            &["--profile", "none"],
            &[],
            Err("there is no profile none in "),
        ),
    ] {
        let mut command = remote.without_server(&[&LIST[..], arguments].concat());
        command.envs(variables.iter().copied());
        match right {
            Ok(()) => drop(done(&mut command)),
            Err(what) => {
                let (_, complaint) = failed(&mut command);
                assert!(
                    complaint.contains(what),
                    "{arguments:?} {variables:?}: {complaint}"
                );
                assert!(!complaint.contains(key), "{complaint}");
            }
        }
    }
}

#[test]
fn options_stand_anywhere() {
    let remote = Remote::start();
    write_profiles(&remote, &profiles(&remote, ""));
    for arguments in [
        [
            "scm-integration",
            "--profile",
            "right",
            "-o",
            "table",
            "list",
        ],
        [
            "scm-integration",
            "list",
            "--profile",
            "right",
            "-o",
            "table",
        ],
    ] {
        assert!(done(&mut remote.without_server(&arguments)).starts_with("ID "));
    }
}

#[test]
fn a_person_who_has_not_said_which_server_is_told_how() {
    let remote = Remote::start();
    let (code, complaint) = failed(&mut remote.without_server(&LIST));
    assert_eq!(code, 1);
    assert!(
        complaint.starts_with("it is not known which server is meant: set ONA_API_KEY")
            && complaint.ends_with("config/runnerconf/config.toml"),
        "{complaint}"
    );
}

#[test]
fn a_wrong_file_of_profiles_is_refused_without_showing_it() {
    let remote = Remote::start();
    write_profiles(&remote, "[profiles.a]\nkey = 'a-secret-key'\n");
    let (code, complaint) = failed(&mut remote.without_server(&LIST));
    assert_eq!(code, 1);
    assert!(
        complaint.contains("line 2: unknown field `key`"),
        "{complaint}"
    );
    assert!(!complaint.contains("a-secret-key"), "{complaint}");
}
