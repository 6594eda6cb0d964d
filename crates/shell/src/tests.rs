//! The desk as a person uses it: typing, running, breaking.

use crate::world::{Fault, LabConfig};
use crate::{Desk, DeskEvent, DeskInput, Finished, FinishedLine, Key};
use api::Timestamp;

struct Seat {
    desk: Desk,
    finished: Vec<Finished>,
    lines: Vec<FinishedLine>,
}

impl Seat {
    fn new(names: &[&str]) -> Self {
        let config = LabConfig::with_names(7, names.iter().copied());
        Self { desk: Desk::new(config), finished: Vec::new(), lines: Vec::new() }
    }

    fn collect(&mut self) {
        self.finished.extend(self.desk.take_finished());
        self.lines.extend(self.desk.take_lines());
    }

    fn key(&mut self, machine: &str, key: Key) {
        self.desk.input(DeskInput::Key { machine: machine.into(), key });
        self.collect();
    }

    fn keys(&mut self, machine: &str, keys: &[Key]) {
        for key in keys {
            self.key(machine, *key);
        }
    }

    fn text(&mut self, machine: &str, text: &str) {
        self.desk.input(DeskInput::Text { machine: machine.into(), text: text.into() });
        self.collect();
    }

    fn wait(&mut self, us: u64) {
        let until = Timestamp(self.desk.now().0 + us);
        while self.desk.step(until) {
            self.collect();
        }
        self.collect();
    }

    /// Lets time go on until no command runs, ten minutes at most.
    fn settle(&mut self, machine: &str) {
        let until = Timestamp(self.desk.now().0 + 600_000_000);
        while self.desk.busy(machine) && self.desk.step(until) {
            self.collect();
        }
        self.collect();
        assert!(!self.desk.busy(machine), "still busy: {}", self.desk.screen(machine));
    }

    /// Types a line, waits for the prompt, gives what the terminal shows for it.
    fn line(&mut self, machine: &str, line: &str) -> String {
        self.desk.input(DeskInput::Line { machine: machine.into(), line: line.into() });
        self.settle(machine);
        self.desk.screen(machine)
    }

    fn prompt(&self, machine: &str) -> Vec<String> {
        self.desk.terminal(machine).unwrap().prompt.clone()
    }

    fn typed(&self, machine: &str) -> String {
        self.desk.terminal(machine).unwrap().line.clone()
    }

    fn last(&self) -> &FinishedLine {
        self.lines.last().unwrap()
    }
}

#[test]
fn the_prompt_is_play_with_dockers() {
    let mut seat = Seat::new(&["node1", "node2"]);
    assert_eq!(seat.prompt("node1"), ["[node1] (local) root@192.168.0.13 ~", "$ "]);
    assert_eq!(seat.prompt("node2"), ["[node2] (local) root@192.168.0.14 ~", "$ "]);
    assert_eq!(seat.line("node1", "mkdir x; cd x; pwd"), "/root/x");
    assert_eq!(seat.prompt("node1")[0], "[node1] (local) root@192.168.0.13 ~/x");
    seat.line("node1", "cd /etc");
    assert_eq!(seat.prompt("node1")[0], "[node1] (local) root@192.168.0.13 /etc");
}

#[test]
fn keys_edit_the_line_as_readline_does() {
    let mut seat = Seat::new(&["node1"]);
    seat.text("node1", "echo one two three");
    seat.keys("node1", &[Key::Ctrl('a'), Key::Alt('f'), Key::Alt('d')]);
    assert_eq!(seat.typed("node1"), "echo two three");
    seat.keys("node1", &[Key::Ctrl('e'), Key::Ctrl('w')]);
    assert_eq!(seat.typed("node1"), "echo two ");
    seat.key("node1", Key::Ctrl('y'));
    assert_eq!(seat.typed("node1"), "echo two three");
    seat.keys("node1", &[Key::AltBackspace, Key::Backspace, Key::Left, Key::Delete]);
    assert_eq!(seat.typed("node1"), "echo tw");
    seat.keys("node1", &[Key::Alt('b'), Key::Ctrl('k')]);
    assert_eq!(seat.typed("node1"), "echo ");
    seat.text("node1", "hi");
    seat.key("node1", Key::Enter);
    seat.settle("node1");
    assert_eq!(seat.last().screen, "hi");
    seat.line("node1", "echo second");
    seat.keys("node1", &[Key::Up, Key::Up]);
    assert_eq!(seat.typed("node1"), "echo hi");
    seat.key("node1", Key::Down);
    assert_eq!(seat.typed("node1"), "echo second");
    seat.keys("node1", &[Key::Ctrl('u'), Key::Ctrl('r'), Key::Char('h'), Key::Char('i')]);
    assert_eq!(seat.prompt("node1")[1], "(reverse-i-search)`hi': ");
    seat.key("node1", Key::Enter);
    seat.settle("node1");
    assert_eq!(seat.last().line, "echo hi");
    assert_eq!(seat.line("node1", "!!"), "echo hi\nhi");
    assert_eq!(seat.line("node1", "history | tail -1"), "    4  history | tail -1");
}

#[test]
fn a_line_may_go_on_below() {
    let mut seat = Seat::new(&["node1"]);
    seat.text("node1", "cat <<EOF\nfirst\n");
    assert_eq!(seat.prompt("node1").last().unwrap(), "> ");
    assert!(!seat.desk.busy("node1"));
    seat.text("node1", "EOF\n");
    seat.settle("node1");
    assert_eq!(seat.last().screen, "first");
    seat.text("node1", "echo 'a");
    seat.key("node1", Key::Enter);
    seat.key("node1", Key::Ctrl('c'));
    assert_eq!(seat.prompt("node1").last().unwrap(), "$ ");
    assert_eq!(seat.line("node1", "echo $?"), "130");
    assert_eq!(seat.line("node1", "for i in 1 2\ndo echo $i\ndone"), "1\n2");
}

#[test]
fn pasted_lines_and_type_ahead_run_in_order() {
    let mut seat = Seat::new(&["node1"]);
    seat.text("node1", "sleep 2\necho a; sleep 1\necho b\nunfinished");
    assert!(seat.desk.busy("node1"));
    assert_eq!(seat.typed("node1"), "unfinished");
    seat.wait(5_000_000);
    let lines: Vec<&str> = seat.lines.iter().map(|l| l.line.as_str()).collect();
    assert_eq!(lines, ["sleep 2", "echo a; sleep 1", "echo b"]);
    assert_eq!(seat.typed("node1"), "unfinished");
    seat.key("node1", Key::Ctrl('u'));
    // what a program reads is not the next command
    seat.text("node1", "read x\nvalue\necho \"<$x>\"\n");
    seat.wait(1_000_000);
    assert_eq!(seat.last().screen, "<value>");
}

#[test]
fn ctrl_c_and_ctrl_d() {
    let mut seat = Seat::new(&["node1"]);
    seat.text("node1", "for i in 1 2 3; do sleep 10; done\n");
    seat.wait(1_000_000);
    seat.key("node1", Key::Ctrl('c'));
    assert_eq!((seat.last().exit, seat.last().screen.as_str()), (130, "^C"));
    seat.text("node1", "cat\n");
    seat.wait(10_000);
    seat.text("node1", "typed\n");
    seat.wait(10_000);
    assert_eq!(seat.desk.screen("node1"), "typed\ntyped");
    seat.key("node1", Key::Ctrl('d'));
    assert_eq!(seat.last().exit, 0);
}

#[test]
fn docker_asks_its_own_daemon() {
    let mut seat = Seat::new(&["node1", "node2"]);
    let text = seat.line("node1", "docker node ls");
    assert!(
        text.starts_with("Error response from daemon: This node is not a swarm manager."),
        "{text}"
    );
    let record = seat.finished.last().unwrap().clone();
    assert_eq!((record.exit, record.words.join(" ").as_str()), (1, "docker node ls"));
    assert_eq!(record.stderr.trim_end(), text);
    let text = seat.line("node1", "docker swarm init --advertise-addr 192.168.0.13");
    assert!(text.contains("is now a manager"), "{text}");
    assert!(seat.finished.last().unwrap().changes_state);
    let join = text.lines().find(|l| l.contains("docker swarm join --token")).unwrap().to_owned();
    let text = seat.line("node2", &join);
    assert_eq!(text, "This node joined a swarm as a worker.");
    let text = seat.line("node1", "docker node ls | grep -c Ready");
    assert_eq!(text, "2");
    let text = seat.line("node1", "docker node ls --format '{{.Hostname}}' | sort");
    assert_eq!(text, "node1\nnode2");
    // another machine's daemon
    let text = seat.line("node2", "DOCKER_HOST=tcp://node1:2375 docker node ls -q | wc -l");
    assert_eq!(text, "2");
    let text =
        seat.line("node1", "docker -H tcp://node2 info --format '{{.Swarm.ControlAvailable}}'");
    assert_eq!(text, "false");
    let text = seat.line("node1", "docker -H tcp://node9:2375 ps");
    assert_eq!(
        text,
        "Cannot connect to the Docker daemon at tcp://node9:2375. Is the docker daemon running?"
    );
}

#[test]
fn a_service_draws_its_progress_in_place() {
    let mut seat = Seat::new(&["node1"]);
    seat.line("node1", "docker swarm init --advertise-addr 192.168.0.13");
    let text =
        seat.line("node1", "docker service create --name web -p 8080:80 --replicas 2 nginx:1.25");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(lines[1].starts_with("overall progress: 2 out of 2 tasks"), "{text}");
    assert_eq!(lines[4], "verify: Service converged");
    let block = seat.desk.terminal("node1").unwrap().blocks.last().unwrap().clone();
    assert_eq!(block.status, Some(0));
    assert_eq!(block.lines.len(), 5);
    let record = seat.finished.iter().find(|f| f.words.contains(&"create".to_owned())).unwrap();
    assert_eq!(
        record.canonical.as_deref().unwrap(),
        "docker service create --name=web --publish=8080:80 --replicas=2 nginx:1.25"
    );
    let text = seat.line("node1", "curl -s -o /dev/null -w '%{http_code}' node1:8080");
    assert_eq!(text, "200");
    let record = seat.finished.last().unwrap();
    assert_eq!(record.canonical.as_deref(), Some("curl http://node1:8080/"));
    let text = seat.line("node1", "for i in 1 2; do docker service ls -q; done | sort -u | wc -l");
    assert_eq!(text, "1");
    assert_eq!(seat.finished.iter().filter(|f| f.text() == "docker service ls -q").count(), 2);
    // the map's request counts as a curl
    seat.desk.input(DeskInput::Request {
        host: "node1".into(),
        port: 8080,
        path: "/".into(),
        from: None,
    });
    seat.wait(1_000_000);
    let record = seat.finished.last().unwrap();
    assert!(record.from_map && record.exit == 0);
    assert_eq!(record.text(), "curl http://node1:8080/");
}

#[test]
fn ssh_and_exit_stack_sessions() {
    let mut seat = Seat::new(&["node1", "node2"]);
    seat.text("node1", "ssh node2\n");
    seat.wait(100_000);
    assert!(!seat.desk.busy("node1"));
    assert_eq!(seat.prompt("node1")[0], "[node2] (local) root@192.168.0.14 ~");
    assert_eq!(seat.line("node1", "hostname; touch here"), "node2");
    assert_eq!(seat.finished.last().unwrap().machine, "node2");
    assert_eq!(seat.finished.last().unwrap().terminal, "node1");
    seat.text("node1", "exit 3\n");
    seat.wait(100_000);
    assert_eq!(seat.prompt("node1")[0], "[node1] (local) root@192.168.0.13 ~");
    assert_eq!(
        seat.line("node1", "echo $?; ls here"),
        "3\nls: cannot access 'here': No such file or directory"
    );
    assert_eq!(seat.line("node1", "ssh root@node2 hostname -i | cat"), "192.168.0.14");
    assert_eq!(
        seat.line("node1", "ssh ghost; echo $?"),
        "ssh: Could not resolve hostname ghost: Name or service not known\n255"
    );
    seat.text("node1", "ssh node2\n");
    seat.wait(100_000);
    seat.desk.input(DeskInput::Fault(Fault::PowerOff("node2".into())));
    seat.wait(100_000);
    assert_eq!(seat.prompt("node1")[0], "[node1] (local) root@192.168.0.13 ~");
    let text = seat.line("node1", "ssh node2");
    assert_eq!(text, "ssh: connect to host node2 port 22: No route to host");
}

#[test]
fn power_ends_what_runs_and_a_new_login_follows() {
    let mut seat = Seat::new(&["node1"]);
    seat.line("node1", "echo kept > file; A=1");
    seat.text("node1", "sleep 100\n");
    seat.wait(100_000);
    assert_eq!(seat.line_words("desligar node1"), ());
    assert!(seat.desk.terminal("node1").unwrap().off);
    assert!(seat.prompt("node1").is_empty());
    seat.desk.input(DeskInput::Fault(Fault::PowerOn("node1".into())));
    seat.wait(5_000_000);
    assert!(!seat.desk.terminal("node1").unwrap().off);
    assert_eq!(seat.line("node1", "cat file; echo \"[$A]\""), "kept\n[]");
}

impl Seat {
    /// A fault as if typed on another machine.
    fn line_words(&mut self, line: &str) {
        let machine = line.split(' ').nth(1).unwrap().to_owned();
        self.desk.input(DeskInput::Fault(Fault::PowerOff(machine)));
        self.collect();
    }
}

#[test]
fn lab_words_reach_the_page_and_the_machines() {
    let mut seat = Seat::new(&["node1", "node2"]);
    seat.line("node1", "dica");
    seat.line("node1", "solução 2");
    let events = seat.desk.take_events();
    let word = |machine: &str, word: &str, args: &[&str]| DeskEvent::Word {
        machine: machine.into(),
        word: word.into(),
        args: args.iter().map(|a| (*a).to_owned()).collect(),
    };
    assert_eq!(events, [word("node1", "dica", &[]), word("node1", "solucao", &["2"])]);
    assert_eq!(seat.line("node1", "desligar node2; echo $?"), "0");
    assert!(seat.desk.terminal("node2").unwrap().off);
    assert_eq!(
        seat.line("node1", "turnon node2; ligar nada"),
        "nada: máquina desconhecida / no such machine"
    );
    assert!(!seat.desk.terminal("node2").unwrap().off);
}

#[test]
fn the_daemon_stops_and_starts() {
    let mut seat = Seat::new(&["node1"]);
    assert_eq!(seat.line("node1", "systemctl is-active docker"), "active");
    seat.line("node1", "systemctl stop docker");
    assert_eq!(seat.last().exit, 0);
    let text = seat.line("node1", "docker ps");
    assert!(text.starts_with("Cannot connect to the Docker daemon"), "{text}");
    seat.line("node1", "systemctl start docker");
    assert_eq!(seat.line("node1", "docker ps -q; echo $?"), "0");
    seat.line("node1", "kill -9 $(pidof dockerd)");
    assert_eq!(seat.line("node1", "systemctl is-active docker; echo $?"), "inactive\n3");
    seat.line("node1", "systemctl restart docker");
    assert_eq!(seat.line("node1", "docker ps -q; echo $?"), "0");
}

#[test]
fn tab_completes_words_names_and_files() {
    let mut seat = Seat::new(&["node1", "node2"]);
    let tab = |seat: &mut Seat, text: &str| {
        seat.key("node1", Key::Ctrl('u'));
        seat.text("node1", text);
        seat.key("node1", Key::Tab);
        seat.typed("node1")
    };
    assert_eq!(tab(&mut seat, "docker serv"), "docker service ");
    assert_eq!(tab(&mut seat, "docker service cr"), "docker service create ");
    assert_eq!(tab(&mut seat, "docker service create --repl"), "docker service create --replicas");
    seat.key("node1", Key::Tab);
    let choices = seat.desk.terminal("node1").unwrap().choices.clone();
    assert!(choices.contains(&"--replicas-max-per-node".to_owned()), "{choices:?}");
    assert_eq!(tab(&mut seat, "desligar n"), "desligar node");
    seat.key("node1", Key::Ctrl('u'));
    seat.line("node1", "mkdir -p backup; touch backup/one.yml");
    assert_eq!(tab(&mut seat, "cat back"), "cat backup/");
    assert_eq!(tab(&mut seat, "cat backup/o"), "cat backup/one.yml ");
    seat.key("node1", Key::Ctrl('u'));
    seat.line("node1", "docker swarm init --advertise-addr 192.168.0.13");
    seat.line("node1", "docker service create -d -q --name frontend nginx:1.25");
    assert_eq!(tab(&mut seat, "docker service ps fr"), "docker service ps frontend ");
    assert_eq!(tab(&mut seat, "docker node inspect no"), "docker node inspect node1 ");
}

#[test]
fn watch_fills_the_screen_until_ctrl_c() {
    let mut seat = Seat::new(&["node1"]);
    seat.text("node1", "watch -n 1 'date +%T'\n");
    seat.wait(2_500_000);
    let screen = seat.desk.terminal("node1").unwrap().screen.clone().unwrap();
    assert!(screen[0].starts_with("Every 1.0s: date +%T"), "{screen:?}");
    assert_eq!(screen[2], "12:00:02");
    seat.key("node1", Key::Ctrl('c'));
    assert!(!seat.desk.busy("node1"));
    assert!(seat.desk.terminal("node1").unwrap().screen.is_none());
}

#[test]
fn nano_changes_a_file() {
    let mut seat = Seat::new(&["node1"]);
    seat.line("node1", "printf 'replicas: 2\\n' > stack.yml");
    seat.text("node1", "nano stack.yml\n");
    seat.wait(10_000);
    assert!(seat.desk.terminal("node1").unwrap().screen.is_some());
    seat.keys(
        "node1",
        &[Key::End, Key::Backspace, Key::Char('4'), Key::Ctrl('x'), Key::Char('y'), Key::Enter],
    );
    seat.settle("node1");
    assert!(seat.finished.last().unwrap().changed_files);
    assert_eq!(seat.line("node1", "cat stack.yml"), "replicas: 4");
}

#[test]
fn a_nested_prompt_takes_keys() {
    let mut seat = Seat::new(&["node1"]);
    seat.line("node1", "docker run -d --name box alpine sleep 1000");
    assert_eq!(seat.last().exit, 0, "{}", seat.last().screen);
    seat.text("node1", "docker exec -it box sh\n");
    seat.wait(1_000_000);
    assert!(seat.desk.terminal("node1").unwrap().raw, "{}", seat.desk.screen("node1"));
    seat.text("node1", "echo in$((1+1))\n");
    seat.wait(100_000);
    assert!(seat.desk.screen("node1").contains("in2"), "{}", seat.desk.screen("node1"));
    seat.text("node1", "exit\n");
    seat.settle("node1");
    let nested = seat.finished.iter().find(|f| f.text() == "docker exec box echo in$((1+1))");
    assert_eq!(nested.unwrap().stdout, "in2");
}

#[test]
fn a_log_gives_the_same_desk_again() {
    let mut seat = Seat::new(&["node1", "node2"]);
    seat.line("node1", "docker swarm init --advertise-addr 192.168.0.13");
    seat.text("node1", "docker service create --name web nginx:1.25\n");
    seat.wait(700_000);
    seat.text("node2", "docker ps\n");
    seat.wait(3_000_000);
    let mut again = Desk::replay(seat.desk.log());
    again.advance(seat.desk.now().0 - again.now().0);
    again.take_finished();
    again.take_lines();
    again.take_replies();
    assert_eq!(again.lab().digest(), seat.desk.lab().digest());
    assert_eq!(again.terminal("node1"), seat.desk.terminal("node1"));
    let text = serde_json::to_string(&seat.desk).unwrap();
    assert!(serde_json::from_str::<Desk>(&text).unwrap() == seat.desk);
}

#[test]
fn background_docker_runs_on() {
    let mut seat = Seat::new(&["node1"]);
    let text = seat.line("node1", "docker events &");
    assert!(text.starts_with("[1] "), "{text}");
    assert!(seat.line("node1", "jobs").contains("Running"));
    seat.text("node1", "fg\n");
    seat.wait(100_000);
    assert!(seat.desk.busy("node1"));
    seat.key("node1", Key::Ctrl('c'));
    seat.settle("node1");
}
