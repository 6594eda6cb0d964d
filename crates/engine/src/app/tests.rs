//! Programs in containers, as `docker run` and `docker exec` start them.

use crate::testing::{Bench, config};
use api::{ExecConfig, Request, Response};

/// `docker run alpine WORDS`: (output, exit code)
fn run(words: &[&str]) -> (String, i32) {
    let mut bench = Bench::with(&["alpine"]);
    let id = bench.create("", config("alpine", words));
    let attach =
        bench.call(Request::ContainerAttach { container: id.clone(), stdin: false, logs: false });
    bench.ask(Request::ContainerStart { container: id.clone() }).unwrap();
    bench.answer(attach).unwrap();
    let code = bench.inspect(&id).summary.state.exit_code;
    (bench.outputs(attach), code)
}

fn exec(bench: &mut Bench, container: &str, words: &[&str], tty: bool) -> u64 {
    let exec = ExecConfig {
        cmd: words.iter().map(|word| (*word).to_owned()).collect(),
        tty,
        attach_stdin: tty,
        attach_stdout: true,
        attach_stderr: true,
        ..ExecConfig::default()
    };
    match bench.ask(Request::ExecCreate { container: container.into(), exec }) {
        Ok(Response::Created { id, .. }) => bench.call(Request::ExecStart { exec: id }),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tools_and_lines_of_shell_run() {
    assert_eq!(run(&["echo", "hello", "you"]), ("hello you\n".into(), 0));
    assert_eq!(run(&["sh", "-c", "exit 7"]), (String::new(), 7));
    assert_eq!(run(&["sh", "-c", "for i in 1 2; do echo $i; done | tail -1"]), ("2\n".into(), 0));
    assert_eq!(run(&["cat", "/etc/nope"]).1, 1);
    let (env, _) = run(&["env"]);
    let names: Vec<&str> = env.lines().filter_map(|line| line.split('=').next()).collect();
    assert_eq!(names, ["PATH", "HOSTNAME", "HOME"], "in the kernel's order");
    assert_eq!(run(&["/bin/true"]), (String::new(), 0));
    assert_eq!(run(&["sh"]), (String::new(), 0));
}

#[test]
fn sleep_takes_its_time_and_process_one_ignores_term() {
    let mut bench = Bench::with(&["alpine"]);
    bench.run("nap", config("alpine", &["sh", "-c", "sleep 3; exit 4"]));
    bench.run_ms(2_500);
    assert!(bench.inspect("nap").summary.state.pid != 0);
    bench.run_ms(1_000);
    assert_eq!(bench.inspect("nap").summary.state.exit_code, 4);
    for (name, init, code) in [("ones", None, 137), ("twos", Some(true), 143)] {
        let mut sleeper = config("alpine", &["sleep", "1000"]);
        sleeper.host.init = init;
        bench.run(name, sleeper);
        bench.ask(Request::ContainerStop { container: name.into(), timeout_s: None }).unwrap();
        assert_eq!(bench.inspect(name).summary.state.exit_code, code);
    }
}

#[test]
fn exec_sees_the_containers_files_and_name() {
    let mut bench = Bench::with(&["nginx"]);
    let id = bench.run("web", config("nginx", &[]));
    let call = exec(&mut bench, "web", &["hostname"], false);
    assert_eq!(bench.answer(call), Ok(Response::Exit { code: 0, error: String::new() }));
    assert_eq!(bench.outputs(call), format!("{}\n", &id[..12]));
    let call = exec(&mut bench, "web", &["sh", "-c", "echo new > /www/index.html"], false);
    bench.answer(call).unwrap();
    let read =
        Request::ContainerReadFile { container: "web".into(), path: "/www/index.html".into() };
    assert_eq!(
        bench.ask(read),
        Ok(Response::Files(vec![("/www/index.html".into(), b"new\n".to_vec())]))
    );
    let call = exec(&mut bench, "web", &["wget", "-qO-", "http://localhost/"], false);
    bench.answer(call).unwrap();
    assert!(bench.outputs(call).starts_with("nginx/1.25.3 host="), "{}", bench.outputs(call));
    let call = exec(&mut bench, "web", &["nosuchcmd"], false);
    assert_eq!(bench.answer(call), Ok(Response::Exit { code: 126, error: String::new() }));
    assert!(bench.outputs(call).contains("\"nosuchcmd\": executable file not found in $PATH"));
}

#[test]
fn a_terminals_shell_reads_lines_and_ends_with_exit() {
    let mut bench = Bench::with(&["nginx"]);
    bench.run("web", config("nginx", &[]));
    let call = exec(&mut bench, "web", &["sh"], true);
    bench.run_ms(200);
    assert!(bench.outputs(call).ends_with("/ # "), "{:?}", bench.outputs(call));
    let send = |bench: &mut Bench, text: &str| {
        let Bench { engine, rng, now, .. } = bench;
        engine.send_input(call, text.as_bytes().to_vec(), *now, rng);
        bench.collect();
        bench.run_ms(100);
    };
    send(&mut bench, "echo hi\r");
    assert!(bench.outputs(call).ends_with("echo hi\r\nhi\r\n/ # "), "{:?}", bench.outputs(call));
    send(&mut bench, "sleep 60\r");
    send(&mut bench, "\u{3}");
    assert!(bench.outputs(call).ends_with("/ # "), "{:?}", bench.outputs(call));
    send(&mut bench, "exit 3\r");
    assert_eq!(bench.answer(call), Ok(Response::Exit { code: 3, error: String::new() }));
}

#[test]
fn a_read_only_root_and_mount_refuse_writes() {
    let mut bench = Bench::with(&["alpine"]);
    let mut locked = config("alpine", &["sh", "-c", "touch /x; echo 1 > /data/x; cat /data/x"]);
    locked.host.read_only = true;
    locked.host.binds = vec!["data:/data:ro".into()];
    let id = bench.run("locked", locked);
    bench.run_ms(1_000);
    let log = bench.engine.log_of(bench.engine.find(&id).unwrap());
    let text: Vec<&str> = log.iter().map(|line| line.text.as_str()).collect();
    assert!(text[0].contains("Read-only file system"), "{text:?}");
    assert!(text.iter().any(|line| line.contains("/data/x")), "{text:?}");
}
