//! The engine as a person meets it.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test panics on whatever else comes")]

use super::*;
use crate::net::HttpOutcome;
use crate::testing::{Bench, config, published};
use api::{LogOptions, PullItem};

fn start(container: &str) -> Request {
    Request::ContainerStart { container: container.into() }
}

fn stop(container: &str) -> Request {
    Request::ContainerStop { container: container.into(), timeout_s: None }
}

fn remove(container: &str, force: bool) -> Request {
    Request::ContainerRemove { container: container.into(), force, volumes: false }
}

fn pull(image: &str) -> Request {
    Request::ImagePull { image: image.into(), all_tags: false }
}

fn state(bench: &mut Bench, name: &str) -> (String, i32) {
    let state = bench.inspect(name).summary.state;
    (state.status.as_str().to_owned(), state.exit_code)
}

#[test]
fn a_pull_tells_its_layers_in_dockers_order() {
    let mut bench = Bench::new();
    let call = bench.call(pull("nginx"));
    assert_eq!(bench.answer(call), Ok(Response::Done));
    let text = bench.outputs(call);
    let expected = "latest: Pulling from library/nginx\n\
                    b9851150b955: Pulling fs layer\n8d1c546e3ebe: Pulling fs layer\n";
    assert!(text.starts_with(expected), "{text}");
    let done = |id: &str| text.find(&format!("{id}: Pull complete")).unwrap();
    assert!(done("b9851150b955") < done("8d1c546e3ebe"));
    assert!(text.ends_with(
        "Digest: sha256:0c355c0af9cd13bf71efebff42024cc5729b89cc3372a202cd3d5fcdda5f3456\n\
         Status: Downloaded newer image for nginx:latest\n"
    ));
    let call = bench.call(pull("nginx:1.25"));
    bench.answer(call).unwrap();
    assert_eq!(bench.outputs(call).lines().count(), 3, "all layers are here");
    let call = bench.call(pull("redis:7"));
    bench.answer(call).unwrap();
    assert!(bench.outputs(call).contains("b9851150b955: Already exists\n"));
    let call = bench.call(pull("nginx"));
    bench.answer(call).unwrap();
    assert!(bench.outputs(call).ends_with("Status: Image is up to date for nginx:latest\n"));
}

#[test]
fn a_pull_takes_the_registrys_time_three_layers_at_once() {
    let mut bench = Bench::new();
    bench.catalog.set_layer_us(6_000_000);
    let began = bench.now;
    bench.ask(pull("sposigor/app-flask-teste:1")).unwrap();
    let took = bench.now.since_us(began) / 1000;
    assert!((5_400..7_200).contains(&took), "{took} ms");
}

#[test]
fn pulls_that_cannot_be_are_refused_in_the_registrys_words() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.refused(pull("nosuch")),
        "pull access denied for nosuch, repository does not exist or may require 'docker login': \
         denied: requested access to the resource is denied"
    );
    assert_eq!(
        bench.refused(pull("nginx:nope")),
        "manifest for nginx:nope not found: manifest unknown: manifest unknown"
    );
    assert_eq!(
        bench.refused(pull("registry.example.com/foo")),
        "Get \"https://registry.example.com/v2/\": dial tcp: lookup registry.example.com on \
         192.168.0.1:53: no such host"
    );
}

#[test]
fn a_container_lives_from_create_to_rm() {
    let mut bench = Bench::with(&["nginx"]);
    let id = bench.run("web", published("nginx", "8080", 80));
    let found = bench.inspect("web");
    assert_eq!(found.summary.id.to_string(), id);
    assert_eq!(found.networks["bridge"].ip_address, "172.17.0.2");
    assert_eq!(found.networks["bridge"].mac_address, "02:42:ac:11:00:02");
    assert_eq!(found.path, "/docker-entrypoint.sh");
    assert_eq!(found.summary.command, "/docker-entrypoint.sh nginx -g 'daemon off;'");
    let bindings = vec![("0.0.0.0".to_owned(), 8080), ("::".to_owned(), 8080)];
    assert_eq!(found.summary.ports[0].bindings, bindings);
    let text = bench.refused(remove("web", false));
    assert_eq!(
        text,
        format!(
            "You cannot remove a running container {id}. Stop the container before attempting \
             removal or force remove"
        )
    );
    let began = bench.now;
    bench.ask(stop("web")).unwrap();
    assert!(bench.now.since_us(began) < 500_000, "nginx ends at once");
    assert_eq!(state(&mut bench, "web"), ("exited".to_owned(), 0));
    assert!(bench.inspect("web").summary.ports.is_empty());
    bench.ask(remove("web", false)).unwrap();
    assert_eq!(bench.refused(start("web")), "No such container: web");
}

#[test]
fn flask_ignores_the_stop_signal_for_ten_seconds() {
    let mut bench = Bench::with(&["sposigor/app-flask-teste:1"]);
    bench.run("app", config("sposigor/app-flask-teste:1", &[]));
    let began = bench.now;
    bench.ask(stop("app")).unwrap();
    let took = bench.now.since_us(began) / 1000;
    assert!((10_000..10_200).contains(&took), "{took} ms");
    assert_eq!(state(&mut bench, "app"), ("exited".to_owned(), 137));
}

#[test]
fn a_taken_port_leaves_the_container_created() {
    let mut bench = Bench::with(&["nginx"]);
    bench.run("solo", published("nginx", "5001", 80));
    let id = bench.create("solo2", published("nginx", "5001", 80));
    let text = bench.refused(start(&id));
    assert!(
        text.starts_with("driver failed programming external connectivity on endpoint solo2 (")
    );
    assert!(text.ends_with("): Bind for 0.0.0.0:5001 failed: port is already allocated"), "{text}");
    assert_eq!(state(&mut bench, "solo2").0, "created");
    assert_eq!(bench.inspect("solo2").networks["bridge"].ip_address, "", "its address is free");
    bench.engine.set_ingress_ports([(8080, Protocol::Tcp)].into());
    let id = bench.create("solo3", published("nginx", "8080", 80));
    let text = bench.refused(start(&id));
    assert!(text.ends_with(
        "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use"
    ));
    bench.ask(remove("solo", true)).unwrap();
    bench.ask(start("solo2")).unwrap();
}

#[test]
fn ports_without_a_number_count_up_from_the_kernels_range() {
    let mut bench = Bench::with(&["nginx"]);
    for (name, port) in [("p1", 32_768), ("p2", 32_769)] {
        bench.run(name, published("nginx", "", 80));
        assert_eq!(bench.inspect(name).summary.ports[0].bindings[0].1, port);
    }
}

#[test]
fn names_are_unique_and_prefixes_must_be() {
    let mut bench = Bench::with(&["nginx"]);
    let id = bench.create("web", config("nginx", &[]));
    let request =
        Request::ContainerCreate { name: "web".into(), config: Box::new(config("nginx", &[])) };
    assert_eq!(
        bench.refused(request),
        format!(
            "Conflict. The container name \"/web\" is already in use by container \"{id}\". You \
             have to remove (or rename) that container to be able to reuse that name."
        )
    );
    let request = Request::ContainerCreate {
        name: "bad name".into(),
        config: Box::new(config("nginx", &[])),
    };
    assert_eq!(
        bench.refused(request),
        "Invalid container name (bad name), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
    );
    assert_eq!(bench.engine.find(&id[..6]).unwrap().to_string(), id);
    let mut ids = vec![id];
    let twice = loop {
        let next = bench.create("", config("nginx", &[]));
        if let Some(other) = ids.iter().find(|other| other[..1] == next[..1]) {
            break other[..1].to_owned();
        }
        ids.push(next);
    };
    let error = bench.engine.find(&twice).unwrap_err();
    assert_eq!(error.message, format!("Multiple IDs found with provided prefix: {twice}"));
}

#[test]
fn a_program_that_is_not_there_does_not_start() {
    let mut bench = Bench::with(&["alpine"]);
    let id = bench.create("no1", config("alpine", &["nosuchcmd"]));
    assert_eq!(
        bench.refused(start(&id)),
        "failed to create shim task: OCI runtime create failed: runc create failed: unable to \
         start container process: exec: \"nosuchcmd\": executable file not found in $PATH: unknown"
    );
    assert_eq!(state(&mut bench, "no1"), ("created".to_owned(), 127));
    let request =
        Request::ContainerCreate { name: String::new(), config: Box::new(config("nosuch", &[])) };
    assert_eq!(bench.refused(request), "No such image: nosuch:latest");
}

#[test]
fn output_goes_to_the_log_and_to_who_is_attached() {
    let mut bench = Bench::with(&["alpine"]);
    let id = bench.create("e1", config("alpine", &["echo", "hello"]));
    let request = Request::ContainerAttach { container: id.clone(), stdin: false, logs: false };
    let attach = bench.call(request);
    let wait =
        bench.call(Request::ContainerWait { container: id.clone(), condition: "next-exit".into() });
    bench.ask(start(&id)).unwrap();
    assert_eq!(bench.answer(wait), Ok(Response::Exit { code: 0, error: String::new() }));
    assert_eq!(bench.answer(attach), Ok(Response::Done));
    assert_eq!(bench.outputs(attach), "hello\n");
    let options = LogOptions { stdout: true, stderr: true, ..LogOptions::default() };
    let logs = bench.call(Request::ContainerLogs { container: id, options });
    bench.answer(logs).unwrap();
    assert_eq!(bench.outputs(logs), "hello\n");
}

#[test]
fn the_failing_image_lives_half_a_second_and_policies_restart_it() {
    let mut bench = Bench::with(&["sposigor/app-flask-teste:bad"]);
    let mut policy = config("sposigor/app-flask-teste:bad", &[]);
    policy.host.restart_policy = "on-failure".into();
    policy.host.restart_max_retries = 2;
    bench.run("ra", policy);
    bench.run_ms(400);
    assert_eq!(state(&mut bench, "ra").0, "running");
    bench.run_ms(10_000);
    assert_eq!(state(&mut bench, "ra"), ("exited".to_owned(), 1));
    assert_eq!(bench.inspect("ra").restart_count, 2);
}

#[test]
fn kill_and_pause_have_their_refusals() {
    let mut bench = Bench::with(&["nginx"]);
    let id = bench.run("web", config("nginx", &[]));
    let kill =
        |name: &str| Request::ContainerKill { container: name.into(), signal: "KILL".into() };
    let unpause = Request::ContainerUnpause { container: "web".into() };
    assert_eq!(bench.refused(unpause.clone()), format!("Container {id} is not paused"));
    bench.ask(Request::ContainerPause { container: "web".into() }).unwrap();
    let request = HttpRequest { method: "GET".into(), path: "/".into(), ..HttpRequest::default() };
    let web = bench.engine.find("web").unwrap();
    let asked = bench.engine.serve_http(web, 80, request, bench.now, &mut bench.rng);
    assert_eq!(asked, HttpOutcome::NoAnswer);
    bench.ask(unpause).unwrap();
    bench.ask(kill("web")).unwrap();
    assert_eq!(state(&mut bench, "web"), ("exited".to_owned(), 137));
    assert_eq!(
        bench.refused(kill("web")),
        format!("Cannot kill container: web: Container {id} is not running")
    );
    assert_eq!(
        bench.refused(kill("nosuch")),
        "Cannot kill container: nosuch: No such container: nosuch"
    );
}

#[test]
fn a_page_names_the_container_that_answers() {
    let mut bench = Bench::with(&["sposigor/app-flask-teste:1"]);
    let id = bench.run("app", config("sposigor/app-flask-teste:1", &[]));
    let app = bench.engine.find("app").unwrap();
    let request = HttpRequest {
        method: "GET".into(),
        path: "/".into(),
        from: "10.0.0.2".into(),
        to: "10.0.0.7".into(),
        body: Vec::new(),
    };
    assert!(bench.engine.listens(app, 5000) && !bench.engine.listens(app, 80));
    match bench.engine.serve_http(app, 5000, request, bench.now, &mut bench.rng) {
        HttpOutcome::Answer { response, .. } => assert_eq!(
            String::from_utf8(response.body).unwrap(),
            format!("Hello, v1 host={} from=10.0.0.2 to=10.0.0.7\n", &id[..12])
        ),
        other => panic!("{other:?}"),
    }
    let log = bench.engine.log_of(app);
    assert!(log.last().unwrap().text.ends_with("\"GET / HTTP/1.1\" 200 -"));
    assert_eq!(log.iter().filter(|line| line.text == " * Debug mode: off").count(), 1);
}

#[test]
fn rm_of_images_counts_names_and_users() {
    let mut bench = Bench::with(&["nginx", "nginx:1.25"]);
    let rmi =
        |image: &str, force| Request::ImageRemove { image: image.into(), force, no_prune: false };
    assert_eq!(
        bench.ask(rmi("nginx:1.25", false)),
        Ok(Response::ImageDeleted(vec![api::ImageDeletion::Untagged("nginx:1.25".into())]))
    );
    let id = bench.run("img", config("nginx", &[]));
    let image = bench.inspect("img").summary.image_id.short();
    assert_eq!(
        bench.refused(rmi("nginx", false)),
        format!(
            "conflict: unable to remove repository reference \"nginx\" (must force) - container \
             {} is using its referenced image {image}",
            &id[..12]
        )
    );
    match bench.ask(rmi("nginx", true)).unwrap() {
        Response::ImageDeleted(lines) => assert_eq!(lines.len(), 2, "two names, no image"),
        other => panic!("{other:?}"),
    }
    bench.ask(remove("img", true)).unwrap();
    match bench.ask(Request::ImagePrune { filters: Default::default() }).unwrap() {
        Response::Pruned { deleted, reclaimed } => {
            assert!(deleted[0].starts_with("deleted: sha256:bbf34e1d1448"));
            assert_eq!((deleted.len(), reclaimed), (3, 1_984_545));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn user_networks_have_ranges_of_their_own_and_names() {
    let mut bench = Bench::with(&["nginx"]);
    let spec = api::NetworkSpec {
        annotations: api::Annotations { name: "net".into(), ..Default::default() },
        ..Default::default()
    };
    let create = Request::NetworkCreate { spec, scope: String::new(), check_duplicate: true };
    bench.ask(create.clone()).unwrap();
    assert_eq!(bench.refused(create), "network with name net already exists");
    let mut on_net = config("nginx", &[]);
    on_net.host.network_mode = "net".into();
    bench.run("one", on_net.clone());
    bench.run("two", on_net);
    // 172.18 is eth1's
    assert_eq!(bench.inspect("one").networks["net"].ip_address, "172.19.0.2");
    let one = bench.engine.find("one").unwrap();
    assert_eq!(bench.engine.resolve_local(one, "two"), ["172.19.0.3"]);
    let text = bench.refused(Request::NetworkRemove { network: "net".into() });
    assert!(text.ends_with("has active endpoints"), "{text}");
    let mut nowhere = config("nginx", &[]);
    nowhere.host.network_mode = "nosuch".into();
    let id = bench.create("", nowhere);
    assert_eq!(bench.refused(start(&id)), "network nosuch not found");
}

#[test]
fn a_volume_outlives_its_container() {
    let mut bench = Bench::with(&["alpine"]);
    let mut with_volume = config("alpine", &["sleep", "1000"]);
    with_volume.host.binds = vec!["data:/data".into(), "/anon".into()];
    bench.run("vol1", with_volume.clone());
    let write = Request::ContainerWriteFile {
        container: "vol1".into(),
        path: "/data/x".into(),
        content: b"1".to_vec(),
    };
    bench.ask(write).unwrap();
    assert!(matches!(
        bench.ask(Request::ContainerDiff { container: "vol1".into() }),
        Ok(Response::Diff(rows)) if rows.is_empty() || rows.iter().all(|(_, p)| p != "/data/x")
    ));
    let gone = Request::ContainerRemove { container: "vol1".into(), force: true, volumes: true };
    bench.ask(gone).unwrap();
    match bench.ask(Request::VolumeList { filters: Default::default() }).unwrap() {
        Response::Volumes(list) => {
            assert_eq!(list.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["data"]);
        }
        other => panic!("{other:?}"),
    }
    let id = bench.run("vol2", with_volume);
    let read = Request::ContainerReadFile { container: "vol2".into(), path: "/data/x".into() };
    assert_eq!(bench.ask(read), Ok(Response::Files(vec![("/data/x".into(), b"1".to_vec())])));
    let rm = Request::VolumeRemove { volume: "data".into(), force: false };
    assert_eq!(bench.refused(rm), format!("remove data: volume is in use - [{id}]"));
}

#[test]
fn power_loss_is_exit_255_and_a_killed_daemon_stops_what_lived_on() {
    let mut bench = Bench::with(&["nginx"]);
    let mut always = config("nginx", &[]);
    always.host.restart_policy = "always".into();
    bench.run("once", config("nginx", &[]));
    bench.run("ever", always);
    bench.engine.power_off();
    assert!(!bench.engine.is_up());
    bench.engine.daemon_start(None, bench.now, &mut bench.rng);
    bench.run_ms(5_000);
    assert_eq!(state(&mut bench, "once"), ("exited".to_owned(), 255));
    assert_eq!(state(&mut bench, "ever").0, "running");
    bench.engine.daemon_kill();
    let ever = bench.engine.find("ever").unwrap();
    assert!(bench.engine.listens(ever, 80), "programs outlive dockerd");
    bench.engine.daemon_start(None, bench.now, &mut bench.rng);
    bench.run_ms(5_000);
    assert_eq!(bench.inspect("ever").summary.state.exit_code, 0);
    bench.engine.daemon_stop(bench.now, &mut bench.rng);
    bench.run_ms(1_000);
    assert!(!bench.engine.is_up() && !bench.engine.listens(ever, 80));
}

#[test]
fn a_start_under_way_does_not_outlive_the_daemon() {
    let mut bench = Bench::with(&["nginx", "alpine"]);
    // it hears no SIGTERM: the daemon has to wait for its grace to be over
    bench.run("deaf", config("alpine", &["sleep", "1000"]));
    let container = bench.create("late", config("nginx", &[]));
    let start = Request::ContainerStart { container };
    bench.engine.handle(99, start, bench.now, &mut bench.rng);
    bench.engine.daemon_stop(bench.now, &mut bench.rng);
    bench.run_ms(9_000);
    assert!(bench.engine.is_stopping());
    bench.run_ms(3_000);
    assert!(!bench.engine.is_stopping());
}

#[test]
fn health_turns_with_the_probes() {
    let mut bench = Bench::with(&["nginx"]);
    let probe = |line: &str| api::HealthConfig {
        test: vec!["CMD".into(), line.into()],
        interval_ns: 1_000_000_000,
        retries: 2,
        ..api::HealthConfig::default()
    };
    let mut good = config("nginx", &[]);
    good.healthcheck = Some(probe("true"));
    let mut bad = config("nginx", &[]);
    bad.healthcheck = Some(probe("false"));
    bench.run("good", good);
    bench.run("bad", bad);
    bench.run_ms(1_500);
    let health = |bench: &mut Bench, name: &str| bench.inspect(name).summary.state.health.unwrap();
    assert_eq!(health(&mut bench, "good").status, "healthy");
    assert_eq!(health(&mut bench, "bad").status, "starting");
    bench.run_ms(2_000);
    assert_eq!(health(&mut bench, "bad").status, "unhealthy");
}

#[test]
fn the_same_seed_gives_the_same_engine_and_a_saved_one_goes_on() {
    let run = |save: bool| {
        let mut bench = Bench::with(&["nginx", "alpine"]);
        bench.run("s1", config("alpine", &["sleep", "3"]));
        if save {
            let text = serde_json::to_string(&bench.engine).unwrap();
            let loaded: Engine = serde_json::from_str(&text).unwrap();
            assert_eq!(loaded, bench.engine);
            bench.engine = loaded;
        }
        bench.run_ms(5_000);
        bench.run("", config("nginx", &[]));
        bench.engine
    };
    assert_eq!(run(false), run(true));
}

#[test]
fn events_are_told_in_order() {
    let mut bench = Bench::with(&["nginx"]);
    let events =
        bench.call(Request::Events { since: None, until: None, filters: Default::default() });
    bench.run("web", config("nginx", &[]));
    bench.ask(stop("web")).unwrap();
    bench.ask(remove("web", false)).unwrap();
    assert_eq!(
        bench.outputs(events),
        "container create\nnetwork connect\ncontainer start\ncontainer kill\ncontainer die\n\
         network disconnect\ncontainer stop\ncontainer destroy\n"
    );
    assert!(bench.items[&events].iter().all(|i| !matches!(i, Item::Pull(PullItem::Line(_)))));
}
