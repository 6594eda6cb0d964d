//! Transcripts of the shell on a small file tree.

mod host;

use super::{Input, Kind, Mode, Options};
use host::Host;

/// Runs `$ ` lines one after the other and compares what each prints with the lines below it.
fn transcript(text: &str) {
    let mut host = Host::new(Options::default());
    play(&mut host, text);
}

fn play(host: &mut Host, text: &str) {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(|l| l.strip_prefix("        ").unwrap_or(l)) {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push((command.to_owned(), String::new()));
        } else if let Some(more) = line.strip_prefix("> ") {
            let (command, _) = commands.last_mut().unwrap();
            command.push('\n');
            command.push_str(more);
        } else if let Some((_, expected)) = commands.last_mut() {
            expected.push_str(line);
            expected.push('\n');
        }
    }
    for (command, expected) in commands {
        let printed = host.line(&command);
        assert_eq!(printed.trim_end(), expected.trim_end(), "\n$ {command}");
    }
}

#[test]
fn words_and_quotes() {
    transcript(
        r#"
        $ echo a  b 'c  d' "e  f" g\ h
        a b c  d e  f g h
        $ x=1; y="$x 2"; echo $y "$y" '$y' ${y} ${y}3 \$y
        1 2 1 2 $y 1 2 1 23 $y
        $ echo "a\"b\\c\$x\n" 'it'"'"'s'
        a"b\c$x\n it's
        $ echo ${nope:-none} ${x:+yes} ${#y} ${y%2} ${y#1 } ${y/1/one}
        none yes 3 1 2 one 2
        $ f=/a/b/c.txt; echo ${f##*/} ${f%/*} ${f%.*}.md ${f:1:3}
        c.txt /a/b /a/b/c.md a/b
        $ echo $((1+2*3)) $((x+=4)) $x $((7/2)) $(( (1+2)*3 )) $((x==5 ? 10 : 20))
        7 5 5 3 9 10
        $ echo {1..3} a{b,c}d {a,b}{1,2} '{1..3}' {01..03} {{.Name}}
        1 2 3 abd acd a1 a2 b1 b2 {1..3} 01 02 03 {{.Name}}
        $ echo ~ ~/x a~ # a comment
        /root /root/x a~
        $ empty=; echo [$empty] ["$empty"] $empty end
        [] [] end
        $ set -- p "q r" s; echo $# "$1" $2; for a in "$@"; do echo "<$a>"; done
        3 p q r
        <p>
        <q r>
        <s>
        $ echo $'tab\there'
        tab	here
        "#,
    );
}

#[test]
fn lists_pipes_and_status() {
    transcript(
        r#"
        $ true && echo yes || echo no; false && echo yes || echo no
        yes
        no
        $ false; echo $?; ! false; echo $?
        1
        0
        $ nosuch; echo $?
        bash: nosuch: command not found
        127
        $ ./nosuch
        bash: ./nosuch: No such file or directory
        $ printf '%s\n' c a b a | sort | uniq -c
              2 a
              1 b
              1 c
        $ echo one two | wc; echo -n abc | wc -c
              1       2       8
        3
        $ yes | head -2
        y
        y
        $ (cd /tmp; pwd); pwd; { echo a; echo b; } | tac
        /tmp
        /root
        b
        a
        $ echo $(echo a; echo b) "$(echo 'c  d')" `echo e`
        a b c  d e
        $ echo "outer $(echo "inner $(echo deep)")"
        outer inner deep
        $ seq 3 | while read n; do echo "n=$n"; done
        n=1
        n=2
        n=3
        $ docker ps -q | cat; docker service ls >/dev/null
        ran docker ps -q
        $ echo hi | reader; head -c 600000 /dev/zero | reader
        fed 3
        fed 600000
        $ time true
        
        real	0m0.001s
        user	0m0.000s
        sys	0m0.000s
        "#,
    );
}

#[test]
fn loops_and_conditions() {
    transcript(
        r#"
        $ for i in 1 2 3; do echo $i; done
        1
        2
        3
        $ for i in $(seq 5); do if [ $i = 2 ]; then continue; fi; [ $i = 4 ] && break; echo $i; done
        1
        3
        $ i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done
        1
        2
        3
        $ until false; do echo once; break; done
        once
        $ for x in a b
        > do
        >   echo "x is $x"
        > done
        x is a
        x is b
        $ if grep -q root /etc/passwd; then echo there; elif true; then echo other; else echo no; fi
        grep: /etc/passwd: No such file or directory
        other
        $ case web.1 in db*) echo db;; web.?|api) echo web;; *) echo none;; esac
        web
        $ f() { local v=in; echo "$1 $v"; return 3; }; v=out; f a; echo $? $v
        a in
        3 out
        $ [[ web.1 == web* && 3 -gt 2 ]] && echo match; [ a = b ] || echo differs
        match
        differs
        $ n=3; while ((n > 0)); do echo $n; ((n--)); done
        3
        2
        1
        $ for i in 1 2; do for j in a b; do echo $i$j; [ $j = a ] && continue 2; done; done
        1a
        2a
        "#,
    );
}

#[test]
fn files_and_redirections() {
    transcript(
        r#"
        $ echo one > f; echo two >> f; cat f; cat < f | head -1
        one
        two
        one
        $ cat nope
        cat: nope: No such file or directory
        $ ls nope; echo $?
        ls: cannot access 'nope': No such file or directory
        2
        $ cat nope 2>/dev/null || echo failed; cat nope > err 2>&1; cat err
        failed
        cat: nope: No such file or directory
        $ echo x > /no/such; echo $?
        bash: /no/such: No such file or directory
        1
        $ cat <<EOF > doc
        > x=$((1+1)) and $HOME
        >   kept
        > EOF
        $ cat doc
        x=2 and 
          kept
        $ cat <<'EOF'
        > $HOME `x`
        > EOF
        $HOME `x`
        $ cat <<A; cat <<B
        > first
        > A
        > second
        > B
        first
        second
        $ mkdir -p d/e; touch d/e/z d/y; cp -r d copy; ls copy copy/e
        copy:
        e  y

        copy/e:
        z
        $ ls *; mv err d/; rm -r copy; ls d
        doc  err  f

        copy:
        e  y

        d:
        e  y
        e  err  y
        $ echo *.txt [d]* d/?
        *.txt d doc d/e d/y
        $ rm d; mkdir d; rmdir d; cp d x; cd nope; cd f
        rm: cannot remove 'd': Is a directory
        mkdir: cannot create directory 'd': File exists
        rmdir: failed to remove 'd': Directory not empty
        cp: -r not specified; omitting directory 'd'
        bash: cd: nope: No such file or directory
        bash: cd: f: Not a directory
        $ cd d/e && pwd && cd - && cd .. && pwd; cd
        /root/d/e
        /root
        /
        $ ls -l f; test -f f && test -d d && [ ! -e nope ] && echo ok
        -rw-r--r-- 1 root root 8 Jan  1 12:00 f
        ok
        $ find d -name '[yz]'
        d/e/z
        d/y
        $ echo hi | tee t1 t2 >/dev/null; cat t1 t2
        hi
        hi
        $ sed -i 's/two/2/' f; cat f
        one
        2
        $ cat <<< "here $((2*2))"
        here 4
        "#,
    );
}

#[test]
fn text_tools() {
    transcript(
        r#"
        $ printf 'ID NAME\n1 web\n2 api\n3 db\n' > t
        $ grep -n a t; grep -c . t; grep -v '^[0-9]' t; grep -E 'web|db' t | cut -d' ' -f2
        3:2 api
        4
        ID NAME
        web
        db
        $ tail -n +2 t | awk '{print $2, $1}'; awk 'NR>1 {s+=$1} END {print s, s/4}' t
        web 1
        api 2
        db 3
        6 1.5
        $ awk -F: '/b/ {n++} END {print n " found"}' t
        2 found
        $ awk '$2 == "api" {printf "%s=%d\n", $2, $1}' t
        api=2
        $ sed 's/\([a-z]*\)$/<\1>/' t | tail -1; sed -n '2,3p' t; sed '/web/d;1d' t
        3 <db>
        1 web
        2 api
        2 api
        3 db
        $ tr a-z A-Z < t | tail -1; echo a,b,c | tr , '\n'; echo hello | tr -d l
        3 DB
        a
        b
        c
        heo
        $ sort -r t | head -n 1; sort -k2 t | head -1; sort -n -r t | head -1
        ID NAME
        ID NAME
        3 db
        $ head -2 t; wc -l t; wc -l < t; nl t | tail -1
        ID NAME
        1 web
        4 t
        4
             4	3 db
        $ printf '%-5s|%3d|%s\n' ab 7 x cd 12 y; seq -s, 1 2 7
        ab   |  7|x
        cd   | 12|y
        1,3,5,7
        $ echo a b c | xargs -n1 echo item; echo x | xargs -I{} echo "<{}>"
        item a
        item b
        item c
        <x>
        $ echo hello | base64; echo aGVsbG8K | base64 -d; echo abc | rev
        aGVsbG8K
        hello
        cba
        $ basename /a/b.txt .txt; dirname /a/b; date; date +%F-%T -u
        b
        /a
        Thu Jan  1 12:00:00 UTC 2026
        2026-01-01-12:00:00
        "#,
    );
}

#[test]
fn network_tools() {
    transcript(
        r#"
        $ hostname -i; ip -4 -o addr show eth0 | cut -c1-66
        192.168.0.13
        2: eth0    inet 192.168.0.13/24 scope global eth0\       valid_lft
        $ curl -s node2:8080; curl -so /dev/null -w '%{http_code}\n' http://node2:8080/x
        hello
        404
        $ curl node2:81; echo $?; curl -s node2:81; echo $?
        curl: (7) Failed to connect to node2 port 81 after 0 ms: Couldn't connect to server
        7
        7
        $ curl http://ghost/; curl -m 5 -sS http://dead:80/; echo $?
        curl: (6) Could not resolve host: ghost
        curl: (28) Connection timed out after 5001 milliseconds
        28
        $ curl -I node2:8080 | head -1
          % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                         Dload  Upload   Total   Spent    Left  Speed
        100     6  100     6    0     0  6000000      0 --:--:-- --:--:-- --:--:-- 6000000
        HTTP/1.1 200 OK
        $ ping -c 2 node2
        PING node2 (192.168.0.14) 56(84) bytes of data.
        64 bytes from 192.168.0.14 (192.168.0.14): icmp_seq=1 ttl=64 time=0.541 ms
        64 bytes from 192.168.0.14 (192.168.0.14): icmp_seq=2 ttl=64 time=0.541 ms

        --- node2 ping statistics ---
        2 packets transmitted, 2 received, 0% packet loss, time 1000ms
        rtt min/avg/max/mdev = 0.541/0.541/0.541/0.000 ms
        $ nslookup web; nc -zv node2 81; getent hosts web
        Server:		127.0.0.11
        Address:	127.0.0.11:53

        Non-authoritative answer:
        Name:	web
        Address: 10.0.1.2

        Non-authoritative answer:

        nc: connect to node2 (192.168.0.14) port 81 (tcp) failed: Connection refused
        10.0.1.2        web
        "#,
    );
}

#[test]
fn syntax_errors_are_bashs() {
    transcript(
        r#"
        $ echo a | | b
        bash: syntax error near unexpected token `|'
        $ echo $?; )
        bash: syntax error near unexpected token `)'
        $ echo $?
        2
        $ done
        bash: syntax error near unexpected token `done'
        $ for i in 1; do done
        bash: syntax error near unexpected token `done'
        $ echo >
        bash: syntax error near unexpected token `newline'
        "#,
    );
    for open in [
        "echo 'a",
        "echo \"a",
        "cat <<EOF\nx",
        "for i in 1; do",
        "a |",
        "a &&",
        "echo $(a",
        "if true; then x",
        "echo \\",
        "{ a;",
    ] {
        assert_eq!(super::parse(open), Err(super::ParseError::Incomplete), "{open}");
    }
}

#[test]
fn variables_last_and_are_exported() {
    let mut host = Host::new(Options::default());
    play(
        &mut host,
        r#"
        $ A=1; export B=2 C; env | grep '^[AB]='
        B=2
        $ X=5 env | grep X; echo "[$X]"
        X=5
        []
        $ cd /tmp; alias ll='ls -l'; ll; unset A; echo "[$A]" $PWD $OLDPWD
        total 0
        [] /tmp /root
        "#,
    );
    host.line("DOCKER_HOST=tcp://node2:2375 docker ps");
    assert_eq!(host.execs.last().unwrap(), &["docker", "ps"]);
}

#[test]
fn background_jobs_report_at_the_prompt() {
    let mut host = Host::new(Options::default());
    let text = host.line("sleep 2 &");
    assert_eq!(text, "[1] 1002\n");
    assert_eq!(host.line("jobs"), "[1]+  Running                 sleep 2 &\n");
    host.out.clear();
    let until = host.now + 3_000_000;
    host.wait(until);
    assert_eq!(host.out, "[1]+  Done                    sleep 2\n");
    host.line("sleep 5 &");
    let before = host.now;
    host.line("wait");
    assert!(host.now >= before + 4_900_000);
    host.line("forever &");
    assert_eq!(host.line("kill %1"), "[1]+  Terminated              forever\n");
    assert!(host.line("fg").contains("no such job"));
}

#[test]
fn ctrl_c_ends_loops_and_keeps_a_programs_own_status() {
    let mut host = Host::new(Options::default());
    host.input(Input::Line("while true; do sleep 1; done; echo after".into()));
    let until = host.now + 3_500_000;
    host.wait(until);
    host.input(Input::Interrupt);
    assert_eq!(host.idle, Some(130));
    assert_eq!(host.out, "");

    // one program that handles Ctrl+C: its own status counts
    host.idle = None;
    host.input(Input::Line("forever".into()));
    let until = host.now + 10_000;
    host.wait(until);
    assert_eq!(host.idle, None);
    host.input(Input::Interrupt);
    assert_eq!(host.idle, Some(0));
    assert_eq!(host.out, "stopped\n");

    // a trap lets the line go on
    host.out.clear();
    host.idle = None;
    host.input(Input::Line("trap : INT; forever; echo \"status $?\"".into()));
    let until = host.now + 10_000;
    host.wait(until);
    host.input(Input::Interrupt);
    let until = host.now + 10_000;
    host.wait(until);
    assert_eq!(host.out, "stopped\nstatus 0\n");
}

#[test]
fn programs_read_what_is_typed() {
    let mut host = Host::new(Options::default());
    host.input(Input::Line("cat".into()));
    let until = host.now + 10_000;
    host.wait(until);
    assert!(host.shell.wants_stdin());
    host.input(Input::Stdin(b"typed\n".to_vec()));
    assert_eq!(host.out, "typed\n");
    host.input(Input::Eof);
    assert_eq!(host.idle, Some(0));
    // the next one has a fresh input
    host.input(Input::Line("read x; echo \"<$x>\"".into()));
    let until = host.now + 10_000;
    host.wait(until);
    host.input(Input::Stdin(b"a b\n".to_vec()));
    let until = host.now + 10_000;
    host.wait(until);
    assert!(host.out.ends_with("<a b>\n"));
}

#[test]
fn a_script_ends_with_its_status() {
    let script = |text: &str, kind| {
        let mode = Mode::Script { text: text.into(), name: "sh".into(), args: Vec::new() };
        let mut host = Host::new(Options { kind, mode, ..Options::default() });
        let until = host.now + 60_000_000;
        host.wait(until);
        (host.out.clone(), host.exit)
    };
    assert_eq!(script("echo a; exit 3", Kind::Ash), ("a\n".into(), Some(3)));
    assert_eq!(script("sleep 2; nosuch", Kind::Ash), ("sh: nosuch: not found\n".into(), Some(127)));
    assert_eq!(script("set -e; false; echo no", Kind::Bash), (String::new(), Some(1)));
    assert_eq!(
        script("nosuch", Kind::Bash),
        ("bash: line 1: nosuch: command not found\n".into(), Some(127))
    );
}

#[test]
fn a_shell_on_a_pipe_reads_its_commands() {
    let mode = Mode::Stdin { prompt: false };
    let mut host =
        Host::new(Options { kind: Kind::Ash, mode, stdin_tty: false, ..Options::default() });
    host.input(Input::Stdin(b"for i in 1 2; do\necho $i\ndone\ncd /tmp\npwd".to_vec()));
    host.input(Input::Eof);
    let until = host.now + 1_000_000;
    host.wait(until);
    assert_eq!((host.out.as_str(), host.exit), ("1\n2\n/tmp\n", Some(0)));
}

#[test]
fn an_interactive_sh_prompts() {
    let mode = Mode::Stdin { prompt: true };
    let mut host =
        Host::new(Options { kind: Kind::Ash, mode, cwd: "/".into(), ..Options::default() });
    assert!(host.out.contains("BusyBox v1.35.0"), "{}", host.out);
    assert!(host.out.ends_with("\n\n/ # "), "{}", host.out);
    host.out.clear();
    host.input(Input::Stdin(b"echo hi\n".to_vec()));
    let until = host.now + 1_000_000;
    host.wait(until);
    assert_eq!(host.out, "hi\n/ # ");
    host.input(Input::Stdin(b"sleep 100\n".to_vec()));
    let until = host.now + 1_000_000;
    host.wait(until);
    host.input(Input::Interrupt);
    assert_eq!(host.out, "hi\n/ # \n/ # ");
    host.input(Input::Eof);
    assert_eq!(host.exit, Some(130));
}

#[test]
fn every_command_is_told_of_with_its_words() {
    let mut host = Host::new(Options::default());
    host.line("for i in 1 2; do echo $i | tr 1 x; done");
    let words: Vec<String> = host.ran.iter().map(|r| r.words.join(" ")).collect();
    assert_eq!(words, ["echo 1", "tr 1 x", "echo 2", "tr 1 x"]);
    assert_eq!(host.ran[1].stdout, b"x\n");
    host.line("touch f");
    assert!(host.ran.last().unwrap().changed_files);
    assert_eq!(host.status(), 0);
}

#[test]
fn a_shell_is_a_value() {
    let mut host = Host::new(Options::default());
    host.input(Input::Line("for i in 1 2 3; do echo $i | cat; sleep 1; done".into()));
    let until = host.now + 1_500_000;
    host.wait(until);
    let text = format!("{:?}", host.shell);
    let copy = host.shell.clone();
    assert_eq!(copy, host.shell);
    assert!(text.len() > 100);
}
