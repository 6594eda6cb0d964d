//! Fetching an image: the manifest, then its layers, three at a time, unpacked in order
//! (moby `distribution/pull_v2.go`, `xfer`).

use super::{Engine, EngineAnswer, EngineEffect, Job, timing};
use crate::registry::{FetchReply, ImageData, Reference};
use api::{ApiError, Item, Platform, PullItem, Request, Response, Timestamp};
use serde::{Deserialize, Serialize};
use share::Rc;
use sim::Streams;
use std::collections::BTreeSet;

/// Layers fetched at the same time (`max-concurrent-downloads`).
const AT_ONCE: usize = 3;

/// What a registry ticket was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Asked {
    /// `docker pull`.
    Pull { call: u64, reference: Reference },
    /// The digest alone.
    Digest { call: u64, reference: Reference },
}

/// Where a layer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Here,
    Waiting,
    Coming { until: Timestamp },
    Arrived,
    Unpacking { until: Timestamp },
    Done,
}

/// A pull under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pull {
    call: u64,
    reference: Reference,
    image: Rc<ImageData>,
    layer_us: u64,
    stages: Vec<Stage>,
    /// Bytes of progress told so far per layer are a share of time; this is when it began.
    began: Vec<Timestamp>,
}

impl Engine {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only two requests come here")]
    pub(super) fn pull_call(
        &mut self,
        call: u64,
        req: Request,
    ) -> Option<Result<Response, ApiError>> {
        let (text, digest_only) = match req {
            Request::ImagePull { image, .. } => (image, false),
            Request::DistributionInspect { image } => (image, true),
            _ => return Some(Ok(Response::Done)),
        };
        let reference = match Reference::parse(&text) {
            Ok(reference) => reference.with_default_tag(),
            Err(text) => return Some(Err(ApiError::new(400, text))),
        };
        let ticket = self.ticket();
        let asked = if digest_only {
            Asked::Digest { call, reference: reference.clone() }
        } else {
            Asked::Pull { call, reference: reference.clone() }
        };
        self.registry_tickets.insert(ticket, asked);
        self.effects.push(EngineEffect::Fetch { ticket, reference });
        None
    }

    /// The registry's answer to a [`EngineEffect::Fetch`].
    pub fn handle_registry(
        &mut self,
        ticket: u64,
        reply: FetchReply,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let Some(asked) = self.registry_tickets.remove(&ticket) else {
            return;
        };
        match asked {
            Asked::Digest { call, reference } => {
                let result = found(&reference, reply).map(|(image, _)| Response::Distribution {
                    digest: image.manifest,
                    platforms: vec![Platform {
                        architecture: "amd64".to_owned(),
                        os: "linux".to_owned(),
                    }],
                });
                self.done(call, result);
            }
            Asked::Pull { call, reference } => match found(&reference, reply) {
                Ok((image, layer_us)) => {
                    self.begin_pull(call, reference, image, layer_us, now, rng);
                }
                Err(error) => self.done(call, Err(error)),
            },
        }
    }

    fn line(&mut self, call: u64, text: String) {
        self.item(call, Item::Pull(PullItem::Line(text)));
    }

    fn layer(&mut self, call: u64, image: &ImageData, k: usize, status: &str) {
        let Some(layer) = image.layers.get(k) else {
            return;
        };
        let (id, status) = (layer.blob.short(), status.to_owned());
        self.item(call, Item::Pull(PullItem::Layer { id, status, current: 0, total: 0 }));
    }

    fn begin_pull(
        &mut self,
        call: u64,
        reference: Reference,
        image: Rc<ImageData>,
        layer_us: u64,
        now: Timestamp,
        rng: &mut Streams,
    ) {
        let what = match (&reference.tag, reference.digest) {
            (_, Some(digest)) => format!("docker.io/{}@sha256:{digest}", reference.path),
            (Some(tag), None) => tag.clone(),
            (None, None) => String::new(),
        };
        self.line(call, format!("{what}: Pulling from {}", reference.remote_path()));
        let stages = if self.images.contains_key(&image.id) {
            Vec::new()
        } else {
            let mut stages = Vec::new();
            for (k, layer) in image.layers.iter().enumerate() {
                let here = self.has_layer(layer.chain);
                self.layer(
                    call,
                    &image,
                    k,
                    if here { "Already exists" } else { "Pulling fs layer" },
                );
                stages.push(if here { Stage::Here } else { Stage::Waiting });
            }
            stages
        };
        let began = vec![now; stages.len()];
        let id = self.ticket();
        let pull = Pull { call, reference, image, layer_us, stages, began };
        self.pulls.insert(id, pull);
        self.pull_step(id, now, rng);
    }

    /// Moves every layer on that can move, then sleeps until the next one can.
    pub(super) fn pull_step(&mut self, id: u64, now: Timestamp, rng: &mut Streams) {
        let Some(mut pull) = self.pulls.remove(&id) else {
            return;
        };
        if self.disk_full && !pull.stages.is_empty() {
            let text = "write /var/lib/docker/tmp/GetImageBlob: no space left on device";
            return self.done(pull.call, Err(ApiError::new(500, text)));
        }
        for k in 0..pull.stages.len() {
            self.arrive(&mut pull, k, now);
        }
        self.fetch_more(&mut pull, now, rng);
        self.unpack(&mut pull, now, rng);
        let next = pull.stages.iter().filter_map(|stage| match stage {
            Stage::Coming { until } | Stage::Unpacking { until } => Some(*until),
            Stage::Here | Stage::Waiting | Stage::Arrived | Stage::Done => None,
        });
        match next.min() {
            Some(at) => {
                self.pulls.insert(id, pull);
                self.schedule(at, Job::Pull { pull: id });
            }
            None => self.pull_done(pull, now),
        }
    }

    fn arrive(&mut self, pull: &mut Pull, k: usize, now: Timestamp) {
        let Some(stage) = pull.stages.get_mut(k) else {
            return;
        };
        match *stage {
            Stage::Coming { until } if until <= now => {
                *stage = Stage::Arrived;
                self.layer(pull.call, &pull.image, k, "Download complete");
            }
            Stage::Unpacking { until } if until <= now => {
                *stage = Stage::Done;
                self.layer(pull.call, &pull.image, k, "Pull complete");
            }
            Stage::Coming { .. }
            | Stage::Unpacking { .. }
            | Stage::Here
            | Stage::Waiting
            | Stage::Arrived
            | Stage::Done => {}
        }
    }

    fn fetch_more(&mut self, pull: &mut Pull, now: Timestamp, rng: &mut Streams) {
        let coming = |stage: &&Stage| matches!(stage, Stage::Coming { .. });
        let mut room = AT_ONCE.saturating_sub(pull.stages.iter().filter(coming).count());
        for (stage, began) in pull.stages.iter_mut().zip(&mut pull.began) {
            if room == 0 || *stage != Stage::Waiting {
                continue;
            }
            room -= 1;
            // a tenth more or less
            let spread = pull.layer_us / 10;
            let draws = rng.stream(&format!("engine/{}/pull", self.facts.hostname));
            let us = pull.layer_us - spread + draws.range(0, spread * 2 + 1);
            *began = now;
            *stage = Stage::Coming { until: Timestamp(now.0 + us) };
        }
    }

    /// The lowest layer that is not in place is unpacked once it has arrived.
    fn unpack(&mut self, pull: &mut Pull, now: Timestamp, rng: &mut Streams) {
        let next = pull.stages.iter_mut().find(|s| !matches!(s, Stage::Here | Stage::Done));
        if let Some(stage) = next
            && *stage == Stage::Arrived
        {
            let us = timing::draw(timing::EXTRACT, &self.facts.hostname, rng);
            *stage = Stage::Unpacking { until: Timestamp(now.0 + us) };
        }
    }

    fn pull_done(&mut self, pull: Pull, now: Timestamp) {
        let Pull { call, reference, image, .. } = pull;
        let name = reference.familiar();
        let before = self.find_image(&name).ok().map(|image| image.id);
        let newer = before != Some(image.id);
        self.line(call, format!("Digest: sha256:{}", image.manifest));
        let known: BTreeSet<_> = self.images.keys().copied().collect();
        self.store_image(Rc::clone(&image), &reference);
        let status = if newer || !known.contains(&image.id) {
            format!("Status: Downloaded newer image for {name}")
        } else {
            format!("Status: Image is up to date for {name}")
        };
        self.line(call, status);
        self.image_event(now, "pull", &name, &reference.familiar_name());
        self.done(call, Ok(Response::Done));
    }

    /// Every answer that is still to come for the pulls of a call is dropped with it.
    pub(super) fn forget_pulls(&mut self, call: u64) {
        self.pulls.retain(|_, pull| pull.call != call);
        self.registry_tickets.retain(|_, asked| match asked {
            Asked::Pull { call: own, .. } | Asked::Digest { call: own, .. } => *own != call,
        });
        self.answers
            .retain(|(own, answer)| *own != call || matches!(answer, EngineAnswer::Done(_)));
    }
}

/// A registry's refusal in the engine's words.
fn found(reference: &Reference, reply: FetchReply) -> Result<(Rc<ImageData>, u64), ApiError> {
    let name = reference.familiar_name();
    match reply {
        FetchReply::Found { image, layer_us } => Ok((image, layer_us)),
        FetchReply::Denied => Err(ApiError::new(
            404,
            format!(
                "pull access denied for {name}, repository does not exist or may require \
                 'docker login': denied: requested access to the resource is denied"
            ),
        )),
        FetchReply::NoManifest => {
            let full = reference.familiar();
            Err(ApiError::new(
                404,
                format!("manifest for {full} not found: manifest unknown: manifest unknown"),
            ))
        }
        FetchReply::Unreachable { reason } => {
            let host = match reference.host.as_str() {
                "docker.io" => "registry-1.docker.io",
                other => other,
            };
            Err(ApiError::new(500, format!("Get \"https://{host}/v2/\": {reason}")))
        }
    }
}
