//! Configuration: defaults in code, then a file, then the environment; unknown keys are refused.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Config, File, FileFormat, Map, Value, ValueKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

const PREFIX: &str = "CHATMESH__";
const FILE_VARIABLE: &str = "CHATMESH_CONFIG";
const DEFAULT_FILE: &str = "chatmesh.toml";

/// The sections that every process has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessConfig {
    pub ops: OpsConfig,
    pub log: LogConfig,
    pub telemetry: TelemetryConfig,
}

/// The operations port.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpsConfig {
    /// Address of `/healthz`, `/readyz` and `/metrics`.
    pub listen: SocketAddr,
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self { listen: ([127, 0, 0, 1], 9090).into() }
    }
}

/// Logs, written to stderr.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,gateway=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, level: "info".to_owned() }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Pretty,
    Json,
}

/// Traces.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Base address of an OTLP/HTTP collector such as `http://127.0.0.1:4318`; absent: no traces.
    pub otlp_endpoint: Option<String>,
    /// Share of new traces that are kept, 0 to 1.
    pub sample_ratio: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0 }
    }
}

/// Why a configuration was refused; each is one sentence for the person who wrote it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration file {0} does not exist")]
    NoFile(PathBuf),
    #[error("{variable} names the unknown key `{key}`; {hint}")]
    UnknownVariable { variable: String, key: String, hint: String },
    #[error("the file {file} holds the unknown key `{key}`; {hint}")]
    UnknownKey { file: PathBuf, key: String, hint: String },
    #[error("{0}")]
    Invalid(String),
}

/// Where a configuration is read from; a parameter so that tests need no process environment.
pub struct Sources {
    /// Environment variables; those with another prefix are ignored.
    pub variables: Vec<(String, String)>,
    /// Folder of the default file.
    pub folder: PathBuf,
}

impl Sources {
    /// The environment and the working directory of this process.
    pub fn of_process() -> Self {
        let readable = |(key, value): (std::ffi::OsString, std::ffi::OsString)| {
            let key = key.into_string().ok().filter(|key| key.starts_with("CHATMESH_"))?;
            Some((key, value.to_string_lossy().into_owned()))
        };
        Self { variables: std::env::vars_os().filter_map(readable).collect(), folder: PathBuf::from(".") }
    }

    fn file(&self) -> Result<Option<PathBuf>, ConfigError> {
        match self.variables.iter().find(|(key, value)| key == FILE_VARIABLE && !value.is_empty()) {
            Some((_, named)) if Path::new(named).is_file() => Ok(Some(named.into())),
            Some((_, named)) => Err(ConfigError::NoFile(named.into())),
            None => Ok(Some(self.folder.join(DEFAULT_FILE)).filter(|path| path.is_file())),
        }
    }
}

/// Loads the sections of the process and those of the service.
pub fn load<T>(sources: &Sources) -> Result<(ProcessConfig, T), ConfigError>
where
    T: Default + Serialize + DeserializeOwned,
{
    let known = known_keys::<T>()?;
    let mut builder = Config::builder();
    if let Some(file) = sources.file()? {
        refuse_unknown_keys(&file, &known)?;
        builder = builder.add_source(File::new(&file.to_string_lossy(), FileFormat::Toml));
    }
    for (variable, value) in &sources.variables {
        let Some(path) = variable.strip_prefix(PREFIX) else { continue };
        let key = path.to_lowercase().replace("__", ".");
        let default = find(&known, &key).ok_or_else(|| ConfigError::UnknownVariable {
            variable: variable.clone(),
            key: key.clone(),
            hint: hint(&known, &key),
        })?;
        let value = match default {
            Json::Array(_) => list(value),
            Json::Object(_) => return Err(ConfigError::Invalid(format!("{variable} names a section; a key of it is needed"))),
            _ => ValueKind::String(value.clone()).into(),
        };
        builder = builder.set_override(&key, value).map_err(invalid)?;
    }
    let mut tables = builder.build().map_err(invalid)?.cache.into_table().map_err(invalid)?;
    let own = ["ops", "log", "telemetry"].iter().filter_map(|key| tables.remove_entry(*key)).collect();
    Ok((extract(own)?, extract(tables)?))
}

fn extract<T: DeserializeOwned>(table: Map<String, Value>) -> Result<T, ConfigError> {
    Value::new(None, ValueKind::Table(table)).try_deserialize().map_err(invalid)
}

fn invalid(error: config::ConfigError) -> ConfigError {
    ConfigError::Invalid(format!("the configuration is not valid: {error}"))
}

/// The tree of known keys: the serialised defaults, in which an absent option is a null.
fn known_keys<T: Default + Serialize>() -> Result<Json, ConfigError> {
    let tree = |value| serde_json::to_value(value).map_err(|error| ConfigError::Invalid(error.to_string()));
    let (Json::Object(mut service), Json::Object(own)) = (
        serde_json::to_value(T::default()).map_err(|error| ConfigError::Invalid(error.to_string()))?,
        tree(ProcessConfig::default())?,
    ) else {
        return Err(ConfigError::Invalid("the configuration of a service must be a struct".to_owned()));
    };
    service.extend(own);
    Ok(Json::Object(service))
}

fn find<'a>(known: &'a Json, key: &str) -> Option<&'a Json> {
    key.split('.').try_fold(known, |node, part| node.get(part))
}

fn hint(known: &Json, key: &str) -> String {
    let section = key.rsplit_once('.').map_or("", |(section, _)| section);
    let node = if section.is_empty() { Some(known) } else { find(known, section) };
    match node.or(Some(known)).and_then(Json::as_object) {
        Some(keys) => format!("known there: {}", keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
        None => "nothing is known there".to_owned(),
    }
}

fn list(value: &str) -> Value {
    let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
    Value::from(items.map(|item| Value::from(item.to_owned())).collect::<Vec<_>>())
}

fn refuse_unknown_keys(file: &Path, known: &Json) -> Result<(), ConfigError> {
    let source = File::new(&file.to_string_lossy(), FileFormat::Toml);
    let parsed = Config::builder().add_source(source).build().map_err(invalid)?;
    let tree: Json = parsed.try_deserialize().map_err(invalid)?;
    match first_unknown(&tree, known, "") {
        Some(key) => Err(ConfigError::UnknownKey { file: file.to_owned(), hint: hint(known, &key), key }),
        None => Ok(()),
    }
}

fn first_unknown(tree: &Json, known: &Json, above: &str) -> Option<String> {
    let (tree, known) = (tree.as_object()?, known.as_object()?);
    tree.iter().find_map(|(key, value)| {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match known.get(key) {
            Some(known) => first_unknown(value, known, &path),
            None => Some(path),
        }
    })
}
