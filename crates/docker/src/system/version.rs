//! `docker version`: show the Docker version information.
//!
//! Docker: `cli/command/system/version.go`.

use crate::CLIENT_VERSION;
use crate::format::listing::unescape;
use crate::format::template::{Data, Kind as DataKind, Template};
use crate::prelude::*;
use api::VersionInfo;
use serde_json::{Value, json};

static FLAGS: &[Flag] = &[
    short('f', "format", Kind::Str, "Format the output using the given Go template"),
    flag("kubeconfig", Kind::Str, "Kubernetes config file"),
];

pub(crate) const COMMAND: Command = Command {
    path: "version",
    usage: "[OPTIONS]",
    short: "Show the Docker version information",
    flags: FLAGS,
    start,
    ..COMMAND_DEFAULTS
};

const GIT_COMMIT: &str = "297e128";
const GO_VERSION: &str = "go1.19.8";
const API_VERSION: &str = "1.41";
const BUILT: &str = "Thu May  7 21:09:36 2026";

/// `docker -v`.
pub(crate) fn line() -> String {
    format!("Docker version {CLIENT_VERSION}, build {GIT_COMMIT}")
}

fn start(cx: &mut Cx<'_>, parsed: &Parsed) -> Flow {
    let server = match cx.try_ask(Request::Version)? {
        Ok(Response::Version(server)) => Ok(server),
        Ok(_other) => return confused(),
        Err(error) => Err(error_text(&error)),
    };
    if let Some(format) = parsed.get("format").filter(|format| !format.is_empty()) {
        let template = match Template::parse(&unescape(format)) {
            Ok(template) => template,
            Err(why) => return exit(64, format!("Template parsing error: {why}")),
        };
        let root = data(server.as_deref().ok());
        let data = Data { root: &root, kind: DataKind::Struct("version.versionInfo") };
        match template.execute(&data) {
            Ok(text) => cx.line(text),
            Err(why) => return fail(why),
        }
    } else {
        cx.out(client_text());
        if let Ok(server) = &server {
            cx.out(server_text(server));
        }
    }
    match server {
        Ok(_) => Ok(()),
        Err(why) => fail(why),
    }
}

fn client_text() -> String {
    format!(
        "Client:\n Version:           {CLIENT_VERSION}\n API version:       {API_VERSION}\n \
         Go version:        {GO_VERSION}\n Git commit:        {GIT_COMMIT}\n \
         Built:             {BUILT}\n OS/Arch:           linux/amd64\n \
         Context:           default\n Experimental:      true\n"
    )
}

fn server_text(server: &VersionInfo) -> String {
    let mut text = format!(
        "\nServer:\n Engine:\n  Version:          {}\n  \
         API version:      {} (minimum version {})\n  Go version:       {}\n  \
         Git commit:       {}\n  Built:            {}\n  OS/Arch:          {}/{}\n  \
         Experimental:     {}\n",
        server.version,
        server.api_version,
        server.min_api_version,
        server.go_version,
        server.git_commit,
        server.build_time,
        server.os,
        server.arch,
        server.experimental
    );
    for (name, version, commit) in &server.components {
        text += &format!(" {name}:\n  Version:          {version}\n  GitCommit:        {commit}\n");
    }
    text
}

fn data(server: Option<&VersionInfo>) -> Value {
    let client = json!({
        "Version": CLIENT_VERSION, "ApiVersion": API_VERSION,
        "DefaultAPIVersion": API_VERSION, "GitCommit": GIT_COMMIT, "GoVersion": GO_VERSION,
        "Os": "linux", "Arch": "amd64", "BuildTime": BUILT, "Context": "default",
        "Experimental": true,
    });
    let server = server.map_or(Value::Null, |server| {
        json!({
            "Version": server.version, "ApiVersion": server.api_version,
            "MinAPIVersion": server.min_api_version, "GitCommit": server.git_commit,
            "GoVersion": server.go_version, "Os": server.os, "Arch": server.arch,
            "BuildTime": server.build_time, "Experimental": server.experimental,
        })
    });
    json!({ "Client": client, "Server": server })
}
