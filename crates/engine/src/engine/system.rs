//! `docker version`, `docker info`, `docker system df`, and the machine's own files.

use super::{Container, Engine};
use crate::files::FileTree;
use api::{ContainerStatusWord, Digest, DiskUsage, SystemInfo, Timestamp, VersionInfo};
use std::collections::BTreeMap;

/// The engine that is modelled.
const ENGINE_VERSION: &str = "20.10.24";

/// A Debian machine's files, as far as a terminal looks at them.
pub(super) fn machine_files() -> FileTree {
    let at = Timestamp(0);
    let mut tree = FileTree::new();
    for dir in
        ["/bin", "/etc/docker", "/home", "/root", "/tmp", "/usr/bin", "/var/lib/docker", "/var/log"]
    {
        let _made = tree.mkdir_all(dir, at);
    }
    let _written = tree.write("/etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n".to_vec(), at);
    // the daemon's socket, for mounts like the visualizer's
    let _made = tree.mkdir_all("/var/run", at);
    let _written = tree.write("/var/run/docker.sock", Vec::new(), at);
    let _written = tree.write("/etc/resolv.conf", b"nameserver 192.168.0.1\n".to_vec(), at);
    tree
}

impl Engine {
    pub(super) fn version() -> VersionInfo {
        let component = |name: &str, version: &str, commit: &str| {
            (name.to_owned(), version.to_owned(), commit.to_owned())
        };
        VersionInfo {
            version: ENGINE_VERSION.to_owned(),
            api_version: "1.41".to_owned(),
            min_api_version: "1.12".to_owned(),
            go_version: "go1.19.8".to_owned(),
            git_commit: "5d6db84".to_owned(),
            build_time: "Thu May  7 21:09:36 2026".to_owned(),
            os: "linux".to_owned(),
            arch: "amd64".to_owned(),
            experimental: false,
            components: vec![
                component("containerd", "1.6.20~ds1", "1.6.20~ds1-1+deb12u3"),
                component("runc", "1.1.5+ds1", "1.1.5+ds1-1+deb12u1"),
                component("docker-init", "0.19.0", ""),
            ],
        }
    }

    /// The engine's part of `docker info`; the swarm's part is the daemon's.
    #[must_use]
    pub fn info(&self) -> SystemInfo {
        let count = |test: &dyn Fn(&Container) -> bool| {
            u32::try_from(self.containers.values().filter(|c| test(c)).count()).unwrap_or(u32::MAX)
        };
        let running = count(&|c| c.state.status == ContainerStatusWord::Running);
        let paused = count(&|c| c.state.status == ContainerStatusWord::Paused);
        let all = count(&|_| true);
        SystemInfo {
            id: self.engine_id(),
            containers: all,
            containers_running: running,
            containers_paused: paused,
            containers_stopped: all - running - paused,
            images: u32::try_from(self.images.len()).unwrap_or(u32::MAX),
            server_version: ENGINE_VERSION.to_owned(),
            name: self.facts.hostname.clone(),
            cpus: self.facts.cpus,
            memory_bytes: self.facts.memory_bytes,
            kernel_version: "6.18.44".to_owned(),
            operating_system: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            labels: Vec::new(),
            swarm: api::SwarmInfo::default(),
        }
    }

    /// Twelve groups of four letters of base 32, one for each machine.
    fn engine_id(&self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut text = String::new();
        let Digest(one) = crate::registry::made_up(&format!("{} engine", self.facts.hostname));
        let Digest(two) = crate::registry::made_up(&format!("{} engine id", self.facts.hostname));
        for (k, byte) in one.iter().chain(&two).take(48).enumerate() {
            if k > 0 && k % 4 == 0 {
                text.push(':');
            }
            let letter = LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'A');
            text.push(char::from(letter));
        }
        text
    }

    pub(super) fn disk_usage(&self) -> DiskUsage {
        let mut layers: BTreeMap<Digest, u64> = BTreeMap::new();
        for image in self.images.values() {
            layers.extend(image.data.layers.iter().map(|layer| (layer.chain, layer.size)));
        }
        DiskUsage {
            images: self.image_summaries(),
            containers: self.summaries(),
            volumes: self.volume_usage(),
            layers_size: layers.values().sum(),
        }
    }
}
