//! A container as the engine keeps it, and what the API shows of it.

use crate::app::App;
use crate::files::FileTree;
use crate::registry::ImageData;
use api::dispatch::LogLine;
use api::{
    BoundPort, ContainerConfig, ContainerId, ContainerInspect, ContainerState, ContainerStatusWord,
    ContainerSummary, EndpointSettings, MountPoint, Timestamp,
};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;

/// Log lines kept for one container; older ones are forgotten.
const LOG_LINES: usize = 5_000;

/// Not part of a container's own layer (bind mounts of the engine).
const MADE_BY_THE_ENGINE: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// Networks whose containers have the machine's own resolver. `ingress` answers no names either.
pub(crate) fn is_predefined(network: &str) -> bool {
    matches!(network, "bridge" | "host" | "none" | "ingress")
}

/// What is being done to a container right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Busy {
    /// Nothing.
    #[default]
    No,
    /// Between `start` and the running program.
    Starting,
    /// The program has ended, its remains are being put away.
    Reaping,
    /// Between `rm` and gone.
    Removing,
}

/// A running program: the main one of a container or one of an exec.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Process {
    /// What runs.
    pub(crate) app: App,
    /// The program's number on its machine.
    pub(crate) pid: u32,
    /// Which of the scheduled wake-ups is the valid one.
    pub(crate) wake: u64,
    /// A wake-up that came while the container was paused.
    pub(crate) missed_wake: bool,
}

/// Somebody who waits for a container to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Waiter {
    /// `stop`: answered with `Done`, after the event.
    Stopped(u64),
    /// `kill`: answered with `Done`.
    Ended(u64),
    /// `restart`: started again, then answered.
    Restart(u64),
    /// `rm -f`: removed, then answered.
    Remove {
        /// The call.
        call: u64,
        /// With its anonymous volumes.
        volumes: bool,
    },
    /// `wait` for the end of a run: answered with the exit code.
    Exit(u64),
    /// `wait` for the removal.
    Removed(u64),
}

/// A container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) id: ContainerId,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    pub(crate) config: Rc<ContainerConfig>,
    pub(crate) image: Rc<ImageData>,
    pub(crate) path: String,
    pub(crate) args: Vec<String>,
    pub(crate) state: ContainerState,
    pub(crate) busy: Busy,
    pub(crate) restart_count: u32,
    pub(crate) restart_us: u64,
    /// Boxed: a map has room for eleven, and most have one or two.
    pub(crate) endpoints: BTreeMap<String, Box<EndpointSettings>>,
    pub(crate) sandbox_id: String,
    pub(crate) mounts: Vec<MountPoint>,
    pub(crate) ports: Vec<BoundPort>,
    /// No daemon was there when its last run ended: its network was never released, and it shows
    /// ports as if it ran (recording c_failures t=67 and t=231).
    pub(crate) unreleased: bool,
    pub(crate) log: Rc<Vec<LogLine>>,
    pub(crate) partial: [Vec<u8>; 2],
    /// Its own files; absent while nobody has looked or written: then they are the image's.
    pub(crate) files: Option<FileTree>,
    pub(crate) process: Option<Process>,
    /// Counts starts; jobs of an earlier run are void.
    pub(crate) run: u32,
    /// `stop` or `kill` was asked for: no restart by policy.
    pub(crate) stop_asked: bool,
    pub(crate) waiters: Vec<Waiter>,
    /// (path, content, mode) of a task's secrets and configs.
    pub(crate) secrets: Vec<(String, Vec<u8>, u32)>,
    pub(crate) requests_served: u64,
}

impl Container {
    /// Running, paused ones too.
    pub(crate) const fn is_running(&self) -> bool {
        matches!(self.state.status, ContainerStatusWord::Running | ContainerStatusWord::Paused)
    }

    /// The command line as `docker ps` quotes it: words with blanks in single quotes.
    pub(crate) fn command(&self) -> String {
        std::iter::once(&self.path)
            .chain(&self.args)
            .map(|word| if word.contains(' ') { format!("'{word}'") } else { word.clone() })
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The signal that asks it to end.
    pub(crate) fn stop_signal(&self) -> &str {
        match self.config.stop_signal.as_str() {
            "" => "SIGTERM",
            signal => signal,
        }
    }

    /// Ports bound now, or only exposed, lowest first.
    fn shown_ports(&self) -> Vec<BoundPort> {
        let mut ports = self.ports.clone();
        if self.is_running() || self.unreleased {
            for (port, protocol) in &self.config.exposed_ports {
                if !ports.iter().any(|p| (p.private_port, p.protocol) == (*port, *protocol)) {
                    ports.push(BoundPort {
                        private_port: *port,
                        protocol: *protocol,
                        bindings: Vec::new(),
                    });
                }
            }
        }
        ports.sort();
        ports
    }

    /// A row of `docker ps`.
    pub(crate) fn summary(&self) -> ContainerSummary {
        let mounts = self.mounts.iter().map(|mount| match mount.name.as_str() {
            "" => mount.source.clone(),
            name => name.to_owned(),
        });
        ContainerSummary {
            id: self.id,
            names: vec![self.name.clone()],
            image: self.config.image.clone(),
            image_id: self.image.id,
            command: self.command(),
            created: self.created,
            ports: self.shown_ports(),
            labels: self.config.labels.clone(),
            state: self.state.clone(),
            networks: self.endpoints.keys().cloned().collect(),
            mounts: mounts.collect(),
            size_rw: self.size_rw(),
            size_root: self.image.size() + self.size_rw(),
        }
    }

    /// `docker inspect`.
    pub(crate) fn inspect(&self) -> ContainerInspect {
        ContainerInspect {
            summary: self.summary(),
            config: self.config.as_ref().clone(),
            path: self.path.clone(),
            args: self.args.clone(),
            restart_count: self.restart_count,
            networks: self
                .endpoints
                .iter()
                .map(|(name, e)| (name.clone(), EndpointSettings::clone(e)))
                .collect(),
            sandbox_id: self.sandbox_id.clone(),
            mount_points: self.mounts.clone(),
        }
    }

    /// Bytes it has written over its image: files that differ from the image's.
    pub(crate) fn size_rw(&self) -> u64 {
        self.changes().iter().filter(|(_, kind, _)| *kind != 'D').map(|(_, _, size)| size).sum()
    }

    /// (path, `A`, `C` or `D`, bytes) against the image's files, in order of paths.
    pub(crate) fn changes(&self) -> Vec<(String, char, u64)> {
        let mut out = Vec::new();
        let Some(files) = &self.files else {
            return out;
        };
        let base = self.fresh_files();
        for (path, stat) in files.walk("") {
            if MADE_BY_THE_ENGINE.contains(&path.as_str()) {
                continue;
            }
            match base.stat(&path) {
                Err(_) => out.push((path, 'A', if stat.dir { 0 } else { stat.size })),
                Ok(_) if stat.dir => {}
                Ok(_) if base.read(&path) != files.read(&path) => {
                    out.push((path, 'C', stat.size));
                }
                Ok(_) => {}
            }
        }
        for (path, _) in base.walk("") {
            if !files.exists(&path) {
                out.push((path, 'D', 0));
            }
        }
        let touched: Vec<String> = out.iter().map(|(path, _, _)| path.clone()).collect();
        for path in touched {
            let mut parent = path.as_str();
            while let Some((above, _)) = parent.rsplit_once('/') {
                if above.is_empty() {
                    break;
                }
                if base.exists(above) && !out.iter().any(|(known, _, _)| known == above) {
                    out.push((above.to_owned(), 'C', 0));
                }
                parent = above;
            }
        }
        out.sort();
        out
    }

    /// The image's files with the three that the engine writes for every container, and the
    /// secrets and configs of a task.
    pub(crate) fn fresh_files(&self) -> FileTree {
        let mut tree = crate::app::image_files(&self.image);
        self.write_etc(&mut tree);
        tree
    }

    /// `/etc/hosts`, `/etc/hostname`, `/etc/resolv.conf` as they are for the present run.
    pub(crate) fn write_etc(&self, tree: &mut FileTree) {
        let at = self.created;
        let mut hosts = String::from("127.0.0.1\tlocalhost\n");
        for entry in &self.config.host.extra_hosts {
            if let Some((name, addr)) = entry.split_once(':') {
                hosts.push_str(&format!("{addr}\t{name}\n"));
            }
        }
        for endpoint in self.endpoints.values().filter(|e| !e.ip_address.is_empty()) {
            hosts.push_str(&format!("{}\t{}\n", endpoint.ip_address, self.config.hostname));
        }
        let user = self.endpoints.keys().any(|name| !is_predefined(name));
        let resolv = if user {
            "nameserver 127.0.0.11\noptions ndots:0\n"
        } else {
            "nameserver 192.168.0.1\n"
        };
        let files = [
            ("/etc/hosts", hosts),
            ("/etc/hostname", format!("{}\n", self.config.hostname)),
            ("/etc/resolv.conf", resolv.to_owned()),
        ];
        for (path, text) in files {
            let _written = tree.write(path, text.into_bytes(), at);
        }
        for (path, bytes, mode) in &self.secrets {
            if let Some((dir, _)) = path.rsplit_once('/') {
                let _made = tree.mkdir_all(dir, at);
            }
            let _written = tree.write(path, bytes.clone(), at);
            let _set = tree.set_mode(path, *mode, at);
        }
    }

    /// Its own files, made now if they are still the image's.
    pub(crate) fn own_files(&mut self) -> &mut FileTree {
        if self.files.is_none() {
            self.files = Some(self.fresh_files());
        }
        self.files.get_or_insert_default()
    }

    /// Adds output to the log, a line at a time; a line that has no end yet waits for it.
    pub(crate) fn write_log(&mut self, stderr: bool, bytes: &[u8], at: Timestamp) -> Vec<LogLine> {
        let mut lines = Vec::new();
        let [out, err] = &mut self.partial;
        let partial = if stderr { err } else { out };
        for byte in bytes {
            if *byte == b'\n' {
                let text = String::from_utf8_lossy(partial).into_owned();
                lines.push(LogLine { task: None, at, stderr, text });
                partial.clear();
            } else if *byte != b'\r' {
                partial.push(*byte);
            }
        }
        self.keep(&lines);
        lines
    }

    /// The program has ended: what waits for a line's end is a line.
    pub(crate) fn flush_log(&mut self, at: Timestamp) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for (stderr, partial) in [false, true].into_iter().zip(&mut self.partial) {
            if !partial.is_empty() {
                let text = String::from_utf8_lossy(partial).into_owned();
                lines.push(LogLine { task: None, at, stderr, text });
                partial.clear();
            }
        }
        self.keep(&lines);
        lines
    }

    fn keep(&mut self, lines: &[LogLine]) {
        if lines.is_empty() {
            return;
        }
        let log = Rc::make_mut(&mut self.log);
        log.extend_from_slice(lines);
        if log.len() > LOG_LINES + LOG_LINES / 4 {
            log.drain(..log.len() - LOG_LINES);
        }
    }
}
