//! Where settings come from, which goes before which, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use chassis::config::{ConfigError, LogFormat, ProcessConfig, Sources, load};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sample {
    name: String,
    shop: Shop,
}

impl Default for Sample {
    fn default() -> Self {
        Self { name: "plain".to_owned(), shop: Shop::default() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Shop {
    port: u16,
    open: bool,
    secret: Option<String>,
    doors: Vec<String>,
}

impl Default for Shop {
    fn default() -> Self {
        Self { port: 80, open: true, secret: None, doors: vec!["front".to_owned()] }
    }
}

fn loaded(file: Option<&str>, variables: &[(&str, &str)]) -> Result<(ProcessConfig, Sample), ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        std::fs::write(folder.path().join("chatmesh.toml"), text).unwrap();
    }
    let variables = variables.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    load(&Sources { variables, folder: folder.path().to_owned() })
}

fn refusal(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    loaded(file, variables).unwrap_err().to_string()
}

#[test]
fn defaults_then_file_then_variables() {
    let (process, sample) = loaded(None, &[]).unwrap();
    assert_eq!((sample.name.as_str(), sample.shop.port, process.ops.listen.port()), ("plain", 80, 9090));

    let file = "name = \"file\"\n[shop]\nport = 81\nopen = false\n[log]\nformat = \"json\"\n";
    let variables =
        [("CHATMESH__SHOP__PORT", "82"), ("CHATMESH__SHOP__DOORS", "side, back"), ("CHATMESH__OPS__LISTEN", "[::1]:0")];
    let (process, sample) = loaded(Some(file), &variables).unwrap();
    assert_eq!((sample.name.as_str(), sample.shop.port, sample.shop.open), ("file", 82, false));
    assert_eq!(sample.shop.doors, ["side", "back"]);
    assert_eq!((process.log.format, process.ops.listen.to_string().as_str()), (LogFormat::Json, "[::1]:0"));
}

#[test]
fn text_that_looks_like_a_number_stays_text() {
    let (_, sample) = loaded(None, &[("CHATMESH__SHOP__SECRET", "0123"), ("CHATMESH__SHOP__OPEN", "false")]).unwrap();
    assert_eq!((sample.shop.secret.as_deref(), sample.shop.open), (Some("0123"), false));
}

#[test]
fn unknown_keys_are_named() {
    let sentence = refusal(None, &[("CHATMESH__SHOP__PROT", "1")]);
    assert_eq!(sentence, "CHATMESH__SHOP__PROT names the unknown key `shop.prot`; known there: doors, open, port, secret");
    assert!(refusal(None, &[("CHATMESH__SHOPS__PORT", "1")]).contains("`shops.port`"));
    assert!(refusal(None, &[("CHATMESH__SHOP", "1")]).contains("names a section"));
    assert!(refusal(Some("[shop]\nprot = 1\n"), &[]).contains("`shop.prot`"));
    assert!(refusal(Some("[telemetry]\nendpoint = \"x\"\n"), &[]).contains("`telemetry.endpoint`"));
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_their_key() {
    for (key, value) in [("CHATMESH__SHOP__PORT", "many"), ("CHATMESH__SHOP__PORT", "70000"), ("CHATMESH__SHOP__OPEN", "perhaps")]
    {
        let sentence = refusal(None, &[(key, value)]);
        assert!(sentence.contains("shop."), "{sentence}");
    }
    assert!(refusal(None, &[("CHATMESH__LOG__FORMAT", "loud")]).contains("loud"));
    assert!(refusal(Some("name ="), &[]).contains("chatmesh.toml"));
}

#[test]
fn a_named_file_must_exist() {
    let variables = vec![("CHATMESH_CONFIG".to_owned(), "/nowhere/at/all.toml".to_owned())];
    let outcome = load::<Sample>(&Sources { variables, folder: Path::new(".").to_owned() });
    assert_eq!(outcome.unwrap_err().to_string(), "the configuration file /nowhere/at/all.toml does not exist");
}
