//! The images there are. Digests, sizes and layers of those that were recorded are the recorded
//! ones (`tests/recorded/g_local.jsonl`, `i_slow.jsonl`, `f_service_*.jsonl`); the others get
//! digests made from their names.

use super::{FetchReply, ImageConfig, ImageData, Layer, Program, Reference};
use api::{Digest, Protocol};
use serde::{Deserialize, Serialize};
use share::Rc;
use std::collections::BTreeMap;

/// Microseconds that a layer takes unless the world says otherwise.
pub(super) const LAYER_US: u64 = 900_000;

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const DAY: u64 = 86_400;
const BASE_SIZE: u64 = 1_984_350;

/// Repositories by full path, each with its tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    repositories: BTreeMap<String, BTreeMap<String, Rc<ImageData>>>,
    layer_us: u64,
}

impl Default for Catalog {
    fn default() -> Self {
        Self::course()
    }
}

impl Catalog {
    /// The images of the course.
    #[must_use]
    pub fn course() -> Self {
        let mut all = Self { repositories: BTreeMap::new(), layer_us: LAYER_US };
        for (names, image) in images() {
            let image = Rc::new(image);
            for name in names {
                if let Some((path, tag)) = name.rsplit_once(':') {
                    let tags = all.repositories.entry(path.to_owned()).or_default();
                    tags.insert(tag.to_owned(), Rc::clone(&image));
                }
            }
        }
        all
    }

    /// Lets every layer take so many microseconds from now on.
    pub const fn set_layer_us(&mut self, us: u64) {
        self.layer_us = us;
    }

    /// The registry's answer to a pull of `reference`.
    #[must_use]
    pub fn fetch(&self, reference: &Reference) -> FetchReply {
        if reference.host != "docker.io" {
            let host = reference.host.split(':').next().unwrap_or_default();
            let reason = format!("dial tcp: lookup {host} on 192.168.0.1:53: no such host");
            return FetchReply::Unreachable { reason };
        }
        let Some(tags) = self.repositories.get(&reference.path) else {
            return FetchReply::Denied;
        };
        let found = match (reference.digest, &reference.tag) {
            (Some(digest), _) => tags.values().find(|image| image.manifest == digest),
            (None, Some(tag)) => tags.get(tag),
            (None, None) => tags.get("latest"),
        };
        match found {
            Some(image) => FetchReply::Found { image: Rc::clone(image), layer_us: self.layer_us },
            None => FetchReply::NoManifest,
        }
    }

    /// All names (`library/nginx:latest`) in order.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.repositories
            .iter()
            .flat_map(|(path, tags)| tags.keys().map(move |tag| format!("{path}:{tag}")))
    }
}

/// A digest that stands for `text`: FNV-1a with four different starts, spread by SplitMix64.
pub(crate) fn made_up(text: &str) -> Digest {
    let mut out = [0_u8; 32];
    for (lane, chunk) in out.chunks_mut(8).enumerate() {
        let mut hash =
            0xcbf2_9ce4_8422_2325_u64 ^ (lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(hash ^ (hash >> 31)).to_be_bytes());
    }
    Digest(out)
}

/// The digest written as hex (a prefix is filled up from itself), or one made from `text`.
fn digest(hex: &str, text: &str) -> Digest {
    Digest::parse(hex).unwrap_or_else(|| {
        let mut made = made_up(text);
        for (slot, at) in made.0.iter_mut().zip((0..hex.len()).step_by(2)) {
            if let Some(byte) = hex.get(at..at + 2).and_then(|h| u8::from_str_radix(h, 16).ok()) {
                *slot = byte;
            }
        }
        made
    })
}

fn base_layer() -> Layer {
    Layer {
        blob: digest("b9851150b955", "base blob"),
        diff: digest("fa3ba3bbf43c54108b82aebaa04e64cb702549fba35a119cbd640691f8b3af41", "base"),
        chain: digest("fa3ba3bbf43c54108b82aebaa04e64cb702549fba35a119cbd640691f8b3af41", "base"),
        size: BASE_SIZE,
        created_by: "/bin/sh -c #(nop) ADD file in / ".to_owned(),
    }
}

fn layer(blob: &str, diff: &str, chain: &str, size: u64, text: &str) -> Layer {
    Layer {
        blob: digest(blob, &format!("{text} blob")),
        diff: digest(diff, &format!("{text} diff")),
        chain: digest(chain, &format!("{text} chain")),
        size,
        created_by: "/bin/sh -c #(nop) ADD file in / ".to_owned(),
    }
}

fn programs(list: &[(&str, Program)]) -> BTreeMap<String, Program> {
    list.iter().map(|(name, program)| ((*name).to_owned(), *program)).collect()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

type Named = (Vec<&'static str>, ImageData);

fn images() -> Vec<Named> {
    let mut all = vec![flask_1(), flask("2", 2), flask_bad()];
    all.extend(nginx_all());
    all.extend([redis(), alpine(), busybox(), netshoot(), visualizer()]);
    all.extend(voting());
    all
}

fn flask_config() -> ImageConfig {
    ImageConfig {
        env: words(&[PATH, "PYTHON_VERSION=3.11.4"]),
        cmd: words(&["python", "app.py"]),
        working_dir: "/app".to_owned(),
        ports: vec![(5000, Protocol::Tcp)],
        ..ImageConfig::default()
    }
}

fn flask_1() -> Named {
    let image = ImageData {
        id: digest("7756d8e51087abc6a4282efd82b6d0d4563deafd4129b1f6064c5e969180b457", ""),
        manifest: digest("1d867b553ce5b680652a2f0973e3cb66e799ce134980219d471f9cb8bad0b982", ""),
        created_before_s: 1100 * DAY,
        layers: vec![
            base_layer(),
            layer(
                "2ca6aa051888",
                "",
                "2e284b262a5e2d34491d383b57ea69ed07bf7d77a2538bb352b87756d1768dd6",
                182,
                "python",
            ),
            layer(
                "1cd38598febf",
                "",
                "b9b88559fa03153ada1b8725c1c508bf2e1212c9e80bc904f5dd37c43c7974cf",
                195,
                "flask 1",
            ),
        ],
        config: flask_config(),
        programs: programs(&[("python", Program::Flask { version: 1 })]),
        banner: "Hello, v1".to_owned(),
    };
    (vec!["sposigor/app-flask-teste:1"], image)
}

/// Version 2 is also what `latest` names.
fn flask(tag: &str, version: u8) -> Named {
    let (_, mut image) = flask_1();
    image.id = made_up(&format!("flask {tag} id"));
    image.manifest =
        digest("5bfd6bbb39dc127dc65449d4327c02d7f2ac006b8db2759001f20bf13f61e173", tag);
    image.created_before_s = 1010 * DAY;
    image.layers.pop();
    image.layers.push(layer("", "", "", 195, &format!("flask {tag}")));
    image.programs = programs(&[("python", Program::Flask { version })]);
    image.banner = format!("Hello, v{version}");
    (vec!["sposigor/app-flask-teste:2", "sposigor/app-flask-teste:latest"], image)
}

fn flask_bad() -> Named {
    let (_, mut image) = flask_1();
    image.id = made_up("flask bad id");
    image.manifest = digest("cc24f158c38ec4b85fe3a217d28829951642d3b694e551ffc415835539857c27", "");
    image.created_before_s = 1000 * DAY;
    image.layers.pop();
    image.layers.push(layer("", "", "", 201, "flask bad"));
    image.programs = programs(&[("python", Program::Failing)]);
    image.banner = String::new();
    (vec!["sposigor/app-flask-teste:bad"], image)
}

fn nginx(version: &str, id: &str, manifest: &str, built_s: u64, top: Layer) -> ImageData {
    ImageData {
        id: digest(id, &format!("nginx {version}")),
        manifest: digest(manifest, &format!("nginx {version} manifest")),
        created_before_s: built_s,
        layers: vec![base_layer(), top],
        config: ImageConfig {
            env: vec![PATH.to_owned(), format!("NGINX_VERSION={version}")],
            entrypoint: words(&["/docker-entrypoint.sh"]),
            cmd: words(&["nginx", "-g", "daemon off;"]),
            ports: vec![(80, Protocol::Tcp)],
            labels: [(
                "maintainer".to_owned(),
                "NGINX Docker Maintainers <docker-maint@nginx.com>".to_owned(),
            )]
            .into(),
            stop_signal: "SIGQUIT".to_owned(),
            ..ImageConfig::default()
        },
        programs: programs(&[
            ("/docker-entrypoint.sh", Program::Entrypoint),
            ("nginx", Program::Nginx),
        ]),
        banner: format!("nginx/{version}"),
    }
}

/// 2023-10-24T22:44:45Z, the recorded build time, before the lab's first second.
const NGINX_BUILT_S: u64 = 800 * DAY - 31_485;

fn nginx_all() -> Vec<Named> {
    let now = nginx(
        "1.25.3",
        "bbf34e1d1448ff3486ea195c927fc371e34cfc7671d612a52b36ef7210b9bf75",
        "0c355c0af9cd13bf71efebff42024cc5729b89cc3372a202cd3d5fcdda5f3456",
        NGINX_BUILT_S,
        layer(
            "8d1c546e3ebe",
            "97f4f6f505ba2f8170a949457ab0cbc676e51697101ebeb99450d0568177f4e7",
            "adc294cce08c48e1d5078bd2cc61940176359e132c7b1a5486dcb44a218a8196",
            195,
            "nginx 1.25.3",
        ),
    );
    let old = nginx(
        "1.24.0",
        "c1402c53d73767cfbeb80a52d4edb583b7558e66f9724c214e243cbc1ac305ef",
        "f1a972baf79f9085e4f9a3e80d81bb7863b0932337e54905fcc9646939a6aa1f",
        NGINX_BUILT_S + 190 * DAY,
        layer(
            "",
            "",
            "bd00bc398fdcdc0a0befe9b2fa6e9f4031beec4ab93f7233a6811b71a2e6b9ae",
            195,
            "nginx 1.24.0",
        ),
    );
    let alpine = nginx("1.25.3", "", "", NGINX_BUILT_S, layer("", "", "", 195, "nginx alpine"));
    let alpine = ImageData {
        id: made_up("nginx alpine id"),
        manifest: made_up("nginx alpine manifest"),
        ..alpine
    };
    vec![
        (vec!["library/nginx:latest", "library/nginx:1.25"], now),
        (vec!["library/nginx:1.24"], old),
        (vec!["library/nginx:alpine"], alpine),
    ]
}

fn redis() -> Named {
    let image = ImageData {
        id: digest("cfc96fb0693158244527099da982b7c77c31cff9b2bfeab3f3159c395d828c8a", ""),
        manifest: digest("fd87da1e409c4b78b148f74fa7021c09c34d145ce1214c4f574f71ef9b19ff3c", ""),
        created_before_s: 793 * DAY - 31_380,
        layers: vec![
            base_layer(),
            layer(
                "cc1dbb4cde68",
                "",
                "bffdd0ec335d7f5ec4d194c044bbf078ccb9f0a214104a291faed3b1e7c32ae8",
                139,
                "redis",
            ),
        ],
        config: ImageConfig {
            env: words(&[PATH, "REDIS_VERSION=7.2.3"]),
            entrypoint: words(&["docker-entrypoint.sh"]),
            cmd: words(&["redis-server"]),
            ports: vec![(6379, Protocol::Tcp)],
            working_dir: "/data".to_owned(),
            volumes: vec!["/data".to_owned()],
            ..ImageConfig::default()
        },
        programs: programs(&[
            ("docker-entrypoint.sh", Program::Entrypoint),
            ("redis-server", Program::Redis),
        ]),
        banner: "Redis version=7.2.3".to_owned(),
    };
    (vec!["library/redis:7", "library/redis:latest"], image)
}

fn small(id: &str, manifest: &str, cmd: &str, built_s: u64) -> ImageData {
    ImageData {
        id: digest(id, ""),
        manifest: digest(manifest, ""),
        created_before_s: built_s,
        layers: vec![base_layer()],
        config: ImageConfig { env: words(&[PATH]), cmd: words(&[cmd]), ..ImageConfig::default() },
        programs: BTreeMap::new(),
        banner: String::new(),
    }
}

fn alpine() -> Named {
    let image = small(
        "87ce9f00e9d976cb2e9b550e457405c0c1c0c0e0063e17210a4da60f54854e5f",
        "f5c1ae93b386602d3ef75319f7d2f68b32e801893ddbc20eb0609588e759f638",
        "/bin/sh",
        763 * DAY - 33_739,
    );
    (vec!["library/alpine:latest"], image)
}

fn busybox() -> Named {
    let image = small(
        "756ce12f7f2e5a4b0652c8589accc26a94c01464df215ef156348f8c3968e1b1",
        "0796cb522c2497d280a9912eb564fcff607ecff6d1891ff35ff303e2d3fc8942",
        "sh",
        1100 * DAY,
    );
    (vec!["library/busybox:latest"], image)
}

fn netshoot() -> Named {
    let mut image = small("", "", "sh", 400 * DAY);
    image.id = made_up("netshoot id");
    image.manifest = made_up("netshoot manifest");
    let tools = ["curl", "dig", "getent", "host", "ss"];
    image.programs = tools.into_iter().map(|tool| (tool.to_owned(), Program::Busybox)).collect();
    (vec!["nicolaka/netshoot:latest"], image)
}

fn visualizer() -> Named {
    let image = ImageData {
        id: digest("c9e011710611832c00c1379ed6ea2dacbd1af8c21c73f6bd3def4fefe2bad440", ""),
        manifest: digest("6ff7a100ffc0dfe8d1135d70852f4516bfdb62e3e350fef847bda27d976f7b9b", ""),
        created_before_s: 1800 * DAY,
        layers: vec![
            base_layer(),
            layer(
                "",
                "",
                "c9402179fe6b1415a1daaf327e70d11f1e21a6d4e46b1ef5d87a98c892ad9150",
                205,
                "visualizer",
            ),
        ],
        config: ImageConfig {
            env: words(&[PATH, "NODE_VERSION=16.6.1"]),
            entrypoint: words(&["/sbin/tini", "--"]),
            cmd: words(&["npm", "start"]),
            ports: vec![(8080, Protocol::Tcp)],
            working_dir: "/app".to_owned(),
            ..ImageConfig::default()
        },
        programs: programs(&[("/sbin/tini", Program::Entrypoint), ("npm", Program::Visualizer)]),
        banner: "Visualizer".to_owned(),
    };
    (vec!["dockersamples/visualizer:latest"], image)
}

/// The voting app of Docker's samples: pages, a worker, a data base.
fn voting() -> Vec<Named> {
    let server = |names: &[&'static str], program: &str, port: u16, banner: &str| {
        let text = names.first().copied().unwrap_or_default();
        let mut image = small("", "", program, 2000 * DAY);
        image.id = made_up(&format!("{text} id"));
        image.manifest = made_up(&format!("{text} manifest"));
        image.layers.push(layer("", "", "", 210, text));
        image.config.ports = vec![(port, Protocol::Tcp)];
        image.programs = programs(&[(program, Program::Server { port })]);
        image.banner = banner.to_owned();
        (names.to_vec(), image)
    };
    let (names, mut worker) =
        server(&["dockersamples/examplevotingapp_worker:latest"], "worker", 1, "");
    worker.config.ports.clear();
    worker.programs = programs(&[("worker", Program::Worker)]);
    vec![
        server(
            &[
                "dockersamples/examplevotingapp_vote:latest",
                "dockersamples/examplevotingapp_vote:before",
                "dockersamples/examplevotingapp_vote:after",
            ],
            "gunicorn",
            80,
            "Cats vs Dogs!",
        ),
        server(
            &[
                "dockersamples/examplevotingapp_result:latest",
                "dockersamples/examplevotingapp_result:before",
                "dockersamples/examplevotingapp_result:after",
            ],
            "node",
            80,
            "Cats vs Dogs -- Result",
        ),
        (names, worker),
        server(
            &["library/postgres:latest", "library/postgres:9.4", "library/postgres:15-alpine"],
            "postgres",
            5432,
            "database system is ready to accept connections",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(name: &str) -> FetchReply {
        Catalog::course().fetch(&Reference::parse(name).unwrap().with_default_tag())
    }

    fn image(name: &str) -> Rc<ImageData> {
        let FetchReply::Found { image, .. } = get(name) else {
            panic!("no image {name}");
        };
        image
    }

    #[test]
    fn recorded_digests_are_whole() {
        let nginx = image("nginx");
        assert_eq!(nginx.id.short(), "bbf34e1d1448");
        assert_eq!(nginx, image("nginx:1.25"));
        assert_eq!(nginx.size(), 1_984_545);
        let text = format!("nginx@sha256:{}", nginx.manifest);
        assert_eq!(nginx, image(&text));
        let flask = image("sposigor/app-flask-teste:1");
        let blobs: Vec<String> = flask.layers.iter().map(|l| l.blob.short()).collect();
        assert_eq!(blobs, ["b9851150b955", "2ca6aa051888", "1cd38598febf"]);
    }

    #[test]
    fn no_two_images_share_a_digest() {
        let catalog = Catalog::course();
        let mut seen = BTreeMap::new();
        for (path, tags) in &catalog.repositories {
            for image in tags.values() {
                let before = seen.insert(image.manifest, image.id);
                assert!(before.is_none_or(|id| id == image.id), "{path}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_refused_in_three_ways() {
        assert_eq!(get("nosuch"), FetchReply::Denied);
        assert_eq!(get("nginx:nope"), FetchReply::NoManifest);
        assert!(matches!(get("registry.example.com/foo"), FetchReply::Unreachable { .. }));
    }
}
