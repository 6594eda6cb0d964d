//! The files of an image: a small Linux tree, enough for `ls`, `cat` and a mount.

use crate::files::FileTree;
use crate::registry::{ImageData, Program};
use api::Timestamp;

const TOOLS: &[&str] = &[
    "ash", "cat", "cp", "cut", "date", "echo", "env", "false", "grep", "head", "hostname", "id",
    "ip", "kill", "ls", "mkdir", "mv", "nc", "nslookup", "ping", "ps", "pwd", "rm", "sed", "sh",
    "sleep", "sort", "tail", "top", "touch", "true", "wc", "wget", "whoami",
];

/// The tree every container of that image starts from.
pub(crate) fn image_files(image: &ImageData) -> FileTree {
    let at = Timestamp(0);
    let mut tree = FileTree::new();
    for dir in [
        "/bin",
        "/dev",
        "/etc",
        "/proc",
        "/root",
        "/sys",
        "/tmp",
        "/usr/bin",
        "/usr/sbin",
        "/var/log",
    ] {
        let _made = tree.mkdir_all(dir, at);
    }
    let files = [
        (
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        ),
        ("/etc/group", "root:x:0:\nnogroup:x:65534:\n"),
        ("/etc/hosts", "127.0.0.1\tlocalhost\n"),
        ("/etc/resolv.conf", "nameserver 192.168.0.1\n"),
    ];
    for (path, text) in files {
        let _written = tree.write(path, text.as_bytes().to_vec(), at);
    }
    for tool in TOOLS {
        let _written = tree.write(&format!("/bin/{tool}"), Vec::new(), at);
        let _set = tree.set_mode(&format!("/bin/{tool}"), 0o755, at);
    }
    for (name, program) in &image.programs {
        let path = if name.starts_with('/') { name.clone() } else { format!("/usr/sbin/{name}") };
        let _written = tree.write(&path, Vec::new(), at);
        let _set = tree.set_mode(&path, 0o755, at);
        match program {
            Program::Nginx => {
                let _made =
                    tree.mkdir_all("/etc/nginx", at).and_then(|()| tree.mkdir_all("/www", at));
                let _conf = tree.write("/etc/nginx/nginx.conf", NGINX_CONF.into(), at);
                let page = format!("{}\n", image.banner);
                let _page = tree.write("/www/index.html", page.into_bytes(), at);
            }
            Program::Flask { .. } | Program::Failing => {
                let _made = tree.mkdir_all("/app", at);
                let _code = tree.write("/app/app.py", flask_source(&image.banner).into(), at);
            }
            Program::Visualizer => {
                let _made = tree.mkdir_all("/app", at);
            }
            Program::Redis => {
                let _made = tree.mkdir_all("/data", at);
            }
            Program::Entrypoint | Program::Busybox | Program::Server { .. } | Program::Worker => {}
        }
    }
    if !image.config.working_dir.is_empty() {
        let _made = tree.mkdir_all(&image.config.working_dir, at);
    }
    tree
}

const NGINX_CONF: &str =
    "events {}\nhttp {\n    server {\n        listen 80;\n        root /www;\n    }\n}\n";

fn flask_source(banner: &str) -> String {
    format!(
        "import socket\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n\
         @app.route(\"/\")\ndef page():\n    return f\"{banner} host={{socket.gethostname()}} \
         from={{request.remote_addr}}\\n\"\n\n\napp.run(host=\"0.0.0.0\", port=5000)\n"
    )
}
