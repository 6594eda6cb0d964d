//! Flags as pflag reads them: the grammar and its words of complaint.
//!
//! What a value may be is its [`Kind`]'s matter (`values`); this page only finds which value
//! belongs to which flag.

use crate::values;

/// What a flag's value is: its word in `--help` and its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Str,
    /// A list flag; every occurrence adds one.
    List,
    /// pflag's `StringSlice`: commas separate.
    Strings,
    Map,
    StringMap,
    Filter,
    Int,
    Uint,
    Uint16,
    Uint32,
    Float,
    Decimal,
    Bytes,
    Duration,
    /// A duration that may not be negative (`PositiveDurationOpt`).
    Positive,
    Port,
    Mount,
    Network,
    Secret,
    ConfigRef,
    CredentialSpec,
    Command,
    Pref,
    Ulimit,
    Env,
    Label,
    IpAddr,
    Host,
    Generic,
    GpuRequest,
    Pem,
    ExternalCa,
    Pools,
    NodeAddr,
}

impl Kind {
    /// The word behind the flag's name in help texts.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Bool => "",
            Self::Str => "string",
            Self::List | Self::Env | Self::Label | Self::IpAddr | Self::Host | Self::Generic => {
                "list"
            }
            Self::Strings => "strings",
            Self::Map => "map",
            Self::StringMap => "stringToString",
            Self::Filter => "filter",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Float => "float",
            Self::Decimal => "decimal",
            Self::Bytes => "bytes",
            Self::Duration | Self::Positive => "duration",
            Self::Port => "port",
            Self::Mount => "mount",
            Self::Network => "network",
            Self::Secret => "secret",
            Self::ConfigRef => "config",
            Self::CredentialSpec => "credential-spec",
            Self::Command => "command",
            Self::Pref => "pref",
            Self::Ulimit => "ulimit",
            Self::GpuRequest => "gpu-request",
            Self::Pem => "pem-file",
            Self::ExternalCa => "external-ca",
            Self::Pools => "ipNetSlice",
            Self::NodeAddr => "node-addr",
        }
    }
}

/// One flag of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) long: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
    /// Not shown by `--help`.
    pub(crate) hidden: bool,
}

/// A flag without a short name.
pub(crate) const fn flag(long: &'static str, kind: Kind, help: &'static str) -> Flag {
    Flag { long, short: None, kind, help, hidden: false }
}

/// A flag with a short name.
pub(crate) const fn short(short: char, long: &'static str, kind: Kind, help: &'static str) -> Flag {
    Flag { long, short: Some(short), kind, help, hidden: false }
}

/// A flag that help texts do not show.
pub(crate) const fn hidden(long: &'static str, kind: Kind, help: &'static str) -> Flag {
    Flag { long, short: None, kind, help, hidden: true }
}

impl Flag {
    /// `-f, --filter` or `--filter`.
    fn names(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }
}

/// A command line taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// (flag, value) in the order given.
    pub(crate) values: Vec<(&'static str, String)>,
    /// What is not a flag.
    pub(crate) args: Vec<String>,
    /// `--help` was among the flags.
    pub(crate) help: bool,
    /// `-h` was, which docker calls deprecated.
    pub(crate) short_help: bool,
}

impl Parsed {
    /// Whether the flag was given.
    pub(crate) fn changed(&self, long: &str) -> bool {
        self.values.iter().any(|(name, _)| *name == long)
    }

    /// Whether any of these was given.
    pub(crate) fn any_changed(&self, longs: &[&str]) -> bool {
        longs.iter().any(|long| self.changed(long))
    }

    /// The last value given.
    pub(crate) fn get(&self, long: &str) -> Option<&str> {
        self.values.iter().rev().find(|(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    /// The last value given, else nothing.
    pub(crate) fn str(&self, long: &str) -> &str {
        self.get(long).unwrap_or("")
    }

    /// A switch.
    pub(crate) fn bool(&self, long: &str) -> bool {
        self.get(long).is_some_and(|value| values::parse_bool(value).unwrap_or(false))
    }

    /// Every value, in order.
    pub(crate) fn list(&self, long: &str) -> Vec<String> {
        self.values
            .iter()
            .filter(|(name, _)| *name == long)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// Every value with commas as separators.
    pub(crate) fn strings(&self, long: &str) -> Vec<String> {
        self.list(long).iter().flat_map(|v| v.split(',')).map(str::to_owned).collect()
    }

    /// A signed number.
    pub(crate) fn i64(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| values::parse_int(value).ok())
    }

    /// An unsigned number.
    pub(crate) fn u64(&self, long: &str) -> Option<u64> {
        self.get(long).and_then(|value| values::parse_uint(value).ok())
    }

    /// A duration in nanoseconds.
    pub(crate) fn duration(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| values::parse_duration(value).ok())
    }

    /// A size in bytes.
    pub(crate) fn bytes(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| values::parse_bytes(value).ok())
    }

    /// The n-th argument, or nothing.
    pub(crate) fn arg(&self, k: usize) -> &str {
        self.args.get(k).map_or("", String::as_str)
    }

    /// `--filter` values by key.
    pub(crate) fn filters(&self) -> api::Filters {
        let mut filters = api::Filters::new();
        for value in self.list("filter") {
            let (key, value) = value.split_once('=').unwrap_or((&value, ""));
            let (key, value) = (key.trim().to_lowercase(), value.trim().to_owned());
            filters.entry(key).or_default().insert(value);
        }
        filters
    }
}

/// Reads a command line; the error is pflag's text.
pub(crate) fn parse(
    flags: &'static [Flag],
    words: &[String],
    interspersed: bool,
) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word.len() < 2 || !word.starts_with('-') {
            parsed.args.push(word.clone());
            if !interspersed {
                parsed.args.extend(rest.cloned());
                break;
            }
        } else if word == "--" {
            parsed.args.extend(rest.cloned());
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            long_flag(flags, word, long, &mut rest, &mut parsed)?;
        } else {
            short_flags(flags, word, &mut rest, &mut parsed)?;
        }
    }
    Ok(parsed)
}

type Words<'a> = std::slice::Iter<'a, String>;

fn long_flag(
    flags: &'static [Flag],
    word: &str,
    long: &str,
    rest: &mut Words<'_>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    if long.starts_with(['-', '=']) {
        return Err(format!("bad flag syntax: {word}"));
    }
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (long, None),
    };
    let Some(flag) = flags.iter().find(|flag| flag.long == name) else {
        if name == "help" {
            parsed.help = value.is_none_or(|v| values::parse_bool(&v).unwrap_or(false));
            return Ok(());
        }
        return Err(format!("unknown flag: --{name}"));
    };
    let value = match value {
        Some(value) => value,
        None if flag.kind == Kind::Bool => "true".to_owned(),
        None => rest.next().cloned().ok_or_else(|| format!("flag needs an argument: {word}"))?,
    };
    set(flag, value, parsed)
}

fn short_flags(
    flags: &'static [Flag],
    word: &str,
    rest: &mut Words<'_>,
    parsed: &mut Parsed,
) -> Result<(), String> {
    let group: Vec<char> = word.chars().skip(1).collect();
    let text = |from: usize| group.get(from..).unwrap_or(&[]).iter().collect::<String>();
    let mut k = 0;
    while let Some(c) = group.get(k) {
        let Some(flag) = flags.iter().find(|flag| flag.short == Some(*c)) else {
            if *c == 'h' {
                parsed.help = true;
                parsed.short_help = true;
                return Ok(());
            }
            return Err(format!("unknown shorthand flag: '{c}' in -{}", text(k)));
        };
        if group.len() > k + 2 && group.get(k + 1) == Some(&'=') {
            return set(flag, text(k + 2), parsed);
        }
        if flag.kind == Kind::Bool {
            set(flag, "true".to_owned(), parsed)?;
            k += 1;
            continue;
        }
        if group.len() > k + 1 {
            return set(flag, text(k + 1), parsed);
        }
        let Some(value) = rest.next() else {
            return Err(format!("flag needs an argument: '{c}' in -{}", text(k)));
        };
        return set(flag, value.clone(), parsed);
    }
    Ok(())
}

fn set(flag: &'static Flag, value: String, parsed: &mut Parsed) -> Result<(), String> {
    values::check(flag.kind, &value).map_err(|why| {
        let quoted = values::quote(&value);
        format!("invalid argument {quoted} for {:?} flag: {why}", flag.names())
    })?;
    if flag.long == "help" {
        parsed.help = values::parse_bool(&value).unwrap_or(false);
    }
    parsed.values.push((flag.long, value));
    Ok(())
}
