//! The images of the course, and what a registry answers when it is asked for one.
//!
//! The catalog is plain data: names, tags, digests, layers, configuration. Whoever owns the world
//! keeps one and answers the engine's [`crate::EngineEffect::Fetch`] with [`Catalog::fetch`];
//! an engine whose cable is cut gets no answer from it, so this module knows nothing of faults.
//!
//! **Left out:** pushing, logging in, manifests of several platforms.

mod catalog;
mod reference;

pub use catalog::Catalog;
pub(crate) use catalog::made_up;
pub use reference::Reference;

use api::{Digest, Labels, Protocol};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;

/// What an image's configuration says about a container made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the image format's own field names")]
pub struct ImageConfig {
    pub env: Vec<String>,
    pub cmd: Vec<String>,
    pub entrypoint: Vec<String>,
    pub ports: Vec<(u16, Protocol)>,
    pub labels: Labels,
    pub working_dir: String,
    pub user: String,
    pub stop_signal: String,
    pub volumes: Vec<String>,
    pub healthcheck: Option<api::HealthConfig>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Digest of the compressed blob; its first 12 digits name the layer in a pull.
    pub blob: Digest,
    /// Digest of its content (`RootFS.Layers`).
    pub diff: Digest,
    /// Digest of it and all layers below (the engine's own key for it).
    pub chain: Digest,
    /// Bytes on disk.
    pub size: u64,
    /// What made it (`docker history`).
    pub created_by: String,
}

/// A program that an image holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Program {
    /// A script or an init that runs its own arguments.
    Entrypoint,
    /// Flask's development server with the course's page.
    Flask {
        /// The version its page names.
        version: u8,
    },
    /// Says what is wrong and exits 1 half a second later.
    Failing,
    /// nginx.
    Nginx,
    /// redis-server.
    Redis,
    /// The visualizer's node server.
    Visualizer,
    /// The shell and small tools.
    Busybox,
    /// A server that listens, says one line and serves one page.
    Server {
        /// TCP port.
        port: u16,
    },
    /// Runs until it is stopped.
    Worker,
}

/// An image as a registry keeps it and an engine stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageData {
    /// Digest of its configuration.
    pub id: Digest,
    /// Digest of its manifest, by which services pin it.
    pub manifest: Digest,
    /// Seconds before the lab's start when it was built.
    pub created_before_s: u64,
    /// Base layer first.
    pub layers: Vec<Layer>,
    /// What containers get from it.
    pub config: ImageConfig,
    /// What its own commands are, by the name they are called by (path or last part of it).
    /// Names not here are looked for among the small tools.
    pub programs: BTreeMap<String, Program>,
    /// Text of its page or first line of its log: `Hello, v1`, `nginx/1.25.3`.
    pub banner: String,
}

impl ImageData {
    /// Bytes of all layers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum()
    }
}

/// A registry's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FetchReply {
    /// The manifest; layers can be had at so many microseconds each.
    Found {
        /// The image.
        image: Rc<ImageData>,
        /// Microseconds for one layer of the largest size (smaller ones are not quicker:
        /// the registry, not the size, takes the time).
        layer_us: u64,
    },
    /// No such repository, or not for everybody.
    Denied,
    /// The repository is there, the tag or digest is not.
    NoManifest,
    /// Nobody answers under that host; the text of the failed dial, without `Get "URL": `.
    Unreachable {
        /// `dial tcp: lookup registry-1.docker.io on 192.168.0.1:53: no such host`
        reason: String,
    },
}
