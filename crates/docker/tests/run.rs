//! `docker run` and `exec` as data that waits: pulls, streams, keys, exit statuses; canonical
//! lines and completion.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on should stop"
)]

mod common;

use api::*;
use common::{env, words};
use docker::{Input, Now, Process, Step, canonical, changes_state, complete, start};

fn resume(process: &mut Process, input: Input) -> Vec<Step> {
    process.resume(Now(Timestamp(0)), input)
}

fn text(steps: &[Step], stderr: bool) -> String {
    let mut all = String::new();
    for step in steps {
        match step {
            Step::Out(bytes) if !stderr => all += &String::from_utf8_lossy(bytes),
            Step::Err(bytes) if stderr => all += &String::from_utf8_lossy(bytes),
            _ => {}
        }
    }
    all
}

fn call(steps: &[Step], wanted: impl Fn(&Request) -> bool) -> docker::Call {
    steps
        .iter()
        .find_map(|step| match step {
            Step::Ask(call, request) | Step::Follow(call, request) if wanted(request) => {
                Some(*call)
            }
            _ => None,
        })
        .expect("request")
}

fn created() -> Result<Response, ApiError> {
    Ok(Response::Created { id: "c".repeat(64), warnings: Vec::new() })
}

#[test]
fn a_missing_image_is_pulled_and_the_program_attached() {
    let mut run = start(&words("docker run --rm -i alpine:3 sh -c ls"), env(false, 80));
    let steps = resume(&mut run, Input::Start);
    let create = call(&steps, |r| {
        matches!(r, Request::ContainerCreate { config, .. }
        if config.cmd == ["sh", "-c", "ls"] && config.host.auto_remove && config.attach_stdin)
    });
    let missing = Err(ApiError::new(404, "No such image: alpine:3"));
    let steps = resume(&mut run, Input::Answer(create, missing));
    assert_eq!(text(&steps, true), "Unable to find image 'alpine:3' locally\n");
    let pull =
        call(&steps, |r| matches!(r, Request::ImagePull { image, .. } if image == "alpine:3"));
    let line = PullItem::Line("3: Pulling from library/alpine".into());
    let steps = resume(&mut run, Input::Item(pull, Item::Pull(line)));
    assert_eq!(text(&steps, true), "3: Pulling from library/alpine\n");
    let steps = resume(&mut run, Input::Answer(pull, Ok(Response::Done)));
    let create = call(&steps, |r| matches!(r, Request::ContainerCreate { .. }));
    assert_eq!(text(&steps, true), "", "nothing is said twice");
    let steps = resume(&mut run, Input::Answer(create, created()));
    let attach = call(&steps, |r| matches!(r, Request::ContainerAttach { stdin: true, .. }));
    let wait = call(
        &steps,
        |r| matches!(r, Request::ContainerWait { condition, .. } if condition == "removed"),
    );
    let starting = call(&steps, |r| matches!(r, Request::ContainerStart { .. }));
    resume(&mut run, Input::Answer(starting, Ok(Response::Done)));
    let steps = resume(&mut run, Input::Stdin(b"hi\n".to_vec()));
    assert_eq!(steps, [Step::Send(attach, b"hi\n".to_vec())]);
    let output = Item::Output { stderr: true, bytes: b"oops\n".to_vec() };
    assert_eq!(text(&resume(&mut run, Input::Item(attach, output)), true), "oops\n");
    assert_eq!(resume(&mut run, Input::Answer(attach, Ok(Response::Done))), []);
    let exit = Ok(Response::Exit { code: 7, error: String::new() });
    assert_eq!(resume(&mut run, Input::Answer(wait, exit)), [Step::Exit(7)]);
    assert!(run.ended());
}

#[test]
fn statuses_of_what_cannot_start() {
    for (why, status) in [
        ("exec: \"x\": executable file not found in $PATH: unknown", 127),
        ("exec: \"/etc\": permission denied: unknown", 126),
        ("port is already allocated", 125),
    ] {
        let mut run = start(&words("docker run -d nginx"), env(true, 80));
        let create =
            call(&resume(&mut run, Input::Start), |r| matches!(r, Request::ContainerCreate { .. }));
        let steps = resume(&mut run, Input::Answer(create, created()));
        assert_eq!(text(&steps, false), format!("{}\n", "c".repeat(64)));
        let starting = call(&steps, |r| matches!(r, Request::ContainerStart { .. }));
        let steps = resume(&mut run, Input::Answer(starting, Err(ApiError::new(500, why))));
        let wanted = format!("docker: Error response from daemon: {why}.\n");
        assert_eq!(text(&steps, true), wanted);
        assert_eq!(steps.last(), Some(&Step::Exit(status)));
    }
    let mut run = start(&words("docker run -d -p foo:80 nginx"), env(true, 80));
    let steps = resume(&mut run, Input::Start);
    assert_eq!(text(&steps, true), "docker: Invalid hostPort: foo.\nSee 'docker run --help'.\n");
    assert_eq!(steps.last(), Some(&Step::Exit(125)));
}

#[test]
fn ctrl_c_is_a_signal_for_the_program_or_the_end_of_the_client() {
    let mut run = start(&words("docker run nginx"), env(true, 80));
    let create =
        call(&resume(&mut run, Input::Start), |r| matches!(r, Request::ContainerCreate { .. }));
    resume(&mut run, Input::Answer(create, created()));
    let steps = resume(&mut run, Input::Interrupt);
    call(&steps, |r| matches!(r, Request::ContainerKill { signal, .. } if signal == "SIGINT"));
    let mut list = start(&words("docker node ls"), env(true, 80));
    let ask = call(&resume(&mut list, Input::Start), |r| matches!(r, Request::NodeList { .. }));
    assert_eq!(resume(&mut list, Input::Interrupt), [Step::Cancel(ask), Step::Exit(130)]);
}

#[test]
fn one_spelling_for_lessons() {
    let line = |text: &str| canonical(&words(text)).map(|line| line.to_string());
    let wanted = Some("docker run --detach --publish=5000:5000 flask -v".to_owned());
    assert_eq!(line("docker container run -p5000:5000 -d flask -v"), wanted);
    assert_eq!(line("docker container ls -a"), Some("docker ps --all".into()));
    let short = line("docker service create -p 80:81 nginx");
    assert_eq!(line("docker service create --publish published=80,target=81 nginx"), short);
    assert_eq!(line("docker node ls --nope"), None);
    assert!(changes_state(&words("docker service scale web=3")));
    assert!(!changes_state(&words("docker service ps web")));
    assert!(!changes_state(&words("docker swarm join-token worker")));
    let completion = complete(&words("docker service up"));
    assert_eq!(completion.words, ["update"]);
    let completion = complete(&words("docker node update --availability d"));
    assert_eq!(completion.words, ["drain"]);
}
