//! The page's own words, Portuguese first: every text exists in both languages or it does not
//! compile. What the docker client prints is not here: it stays English, as everywhere.

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    /// Brazilian Portuguese.
    #[default]
    Portuguese,
    /// English.
    English,
}

impl Language {
    /// The tag for `lang=`.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Portuguese => "pt-BR",
            Self::English => "en",
        }
    }

    /// The words in it.
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::Portuguese => &PORTUGUESE,
            Self::English => &ENGLISH,
        }
    }
}

/// Puts `values` in the place of each `{}`, in order.
pub(crate) fn fill(pattern: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut values = values.iter();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{}") {
        out.push_str(before);
        out.push_str(values.next().copied().unwrap_or(""));
        rest = after;
    }
    out.push_str(rest);
    out
}

macro_rules! words {
    ($($name:ident: $pt:literal, $en:literal;)*) => {
        /// One language's texts.
        #[allow(missing_docs, reason = "each text says what it is")]
        #[derive(Debug)]
        pub(crate) struct Words { $(pub(crate) $name: &'static str,)* }
        static PORTUGUESE: Words = Words { $($name: $pt,)* };
        static ENGLISH: Words = Words { $($name: $en,)* };

        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($name), $pt, $en),)*];
    };
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

words! {
    skip: "Ir para o terminal", "Skip to the terminal";
    lesson: "Lição", "Lesson";
    lessons: "Lições", "Lessons";
    free_lab: "Laboratório livre", "Free lab";
    free_lab_prose:
        "Sem roteiro: digite o que quiser. Abra uma lição pelo título acima, ou solte aqui um \
            arquivo .md.",
        "No script: type what you like. Open a lesson by the title above, or drop a .md file here.";
    step_of: "Passo {} de {}", "Step {} of {}";
    minutes: "{} minutos", "{} minutes";
    steps_done: "Passos 1 a {}, feitos", "Steps 1 to {}, done";
    step_done: "Passo 1, feito", "Step 1, done";
    check: "Verificação", "Checks";
    check_note: "contínua, nada a enviar", "continuous, nothing to submit";
    met: "feito: ", "met: ";
    part: "em parte: ", "in part: ";
    waiting: "falta: ", "missing: ";
    broken: "quebrado: ", "broken: ";
    hint: "Dica {}", "Hint {}";
    solution: "Solução", "Solution";
    back_to_step: "Voltar ao início do passo", "Back to the start of the step";
    restart: "Recomeçar a lição", "Restart the lesson";
    next_lesson: "Próxima lição", "Next lesson";
    finished: "Lição concluída", "Lesson finished";
    answer: "Responder", "Answer";
    your_answer: "Sua resposta", "Your answer";
    answered: "Sua resposta: {}", "Your answer: {}";
    to_prompt: "Levar o comando ao prompt de {}", "Put the command into the prompt of {}";
    simulated: "O cluster é simulado neste navegador. Nada do que você digita sai desta página.",
        "The cluster is simulated in this browser. Nothing you type leaves this page.";
    map: "Mapa", "Map";
    map_label: "Mapa do cluster: {} máquinas, {} serviços",
        "Map of the cluster: {} machines, {} services";
    table: "Tabela", "Table";
    terminal: "Terminal", "Terminal";
    terminals: "Terminais", "Terminals";
    panes: "Painéis", "Panes";
    view_as: "Forma de ver", "View as";
    faults: "Falhas", "Faults";
    legend: "Legenda", "Legend";
    services: "Serviços", "Services";
    machines: "Máquinas", "Machines";
    tasks_on: "Tarefas em {}", "Tasks on {}";
    leader: "líder", "leader";
    manager: "gerente", "manager";
    worker: "trabalhador", "worker";
    no_swarm: "sem swarm", "no swarm";
    locked: "trancado", "locked";
    off: "desligada", "off";
    frozen: "congelada", "frozen";
    cut: "sem cabo", "cable cut";
    slow: "+{} ms", "+{} ms";
    side: "lado {}", "side {}";
    no_daemon: "docker parado", "docker stopped";
    disk_full: "disco cheio", "disk full";
    nothing_here: "nenhum contêiner", "no container";
    takes_none: "não recebe tarefas", "takes no tasks";
    behind: "atrás: {}", "behind: {}";
    waiting_node: "esperando um nó", "waiting for a node";
    container_of: "contêiner local", "local container";
    ingress: "ingress", "ingress";
    ingress_none: "ingress: nasce com o swarm", "ingress: comes with the swarm";
    ingress_no_port: "nenhuma porta publicada", "no published port";
    mesh: "malha de roteamento", "routing mesh";
    send_to: ":{} enviar uma requisição a {}", ":{} send a request to {}";
    details_of: "{}: detalhes", "{}: details";
    not_yet_swarm:
        "Ainda não há swarm. Aqui vão aparecer as tarefas de cada serviço e o caminho de cada \
            requisição.",
        "There is no swarm yet. The tasks of each service and the way of each request appear here.";
    client: "cliente", "client";
    request: "Requisição", "Request";
    send_1: "Enviar 1", "Send 1";
    send_100: "Enviar 100", "Send 100";
    requests_to: "{} requisições a {}", "{} requests to {}";
    failures: "falhas", "failures";
    answered_by: "respondeu {} em {}", "{} on {} answered";
    hop_client: "O cliente chama {}.", "The client calls {}.";
    hop_no_task: "{} não tem tarefa do serviço.", "{} has no task of the service.";
    hop_ingress: "{} entrega à rede ingress; o serviço atende no VIP {}.",
        "{} hands it to ingress; the service answers at VIP {}.";
    hop_ring: "O rodízio de {} escolhe {} em {}.", "The ring of {} picks {} on {}.";
    hop_back: "A resposta volta pelo mesmo caminho: {} ms simulados.",
        "The answer comes back the same way: {} simulated ms.";
    hop_local: "A porta leva direto ao contêiner em {}.", "The port leads straight to the \
        container on {}.";
    refused: "Conexão recusada: ninguém escuta na porta {} de {}.",
        "Connection refused: nobody listens on port {} of {}.";
    no_answer: "Sem resposta: nada voltou antes de o cliente desistir.",
        "No answer: nothing came back before the client gave up.";
    empty_reply: "A conexão fechou sem resposta.", "The connection closed without an answer.";
    unknown_host: "O nome {} não existe.", "The name {} does not resolve.";
    unreachable: "Não há rota até {}.", "There is no route to {}.";
    open_port: "OPEN PORT", "OPEN PORT";
    no_port: "nenhuma porta publicada", "no published port";
    open_port_label: "Abrir a porta {} de {}", "Open port {} of {}";
    close: "Fechar", "Close";
    docker_command: "O comando que mostra isto", "The command that shows this";
    state: "Estado", "State";
    desired: "desejado", "desired";
    why: "Por quê?", "Why?";
    why_none: "Nada registrado sobre isto ainda.", "Nothing recorded about this yet.";
    what_to_break: "Quebrar ou consertar", "Break or mend";
    power_off: "Desligar da tomada", "Pull the plug";
    power_on: "Ligar", "Power on";
    freeze: "Congelar", "Freeze";
    thaw: "Descongelar", "Thaw";
    cut_cable: "Cortar o cabo", "Cut the cable";
    mend_cable: "Religar o cabo", "Mend the cable";
    slow_cable: "Cabo lento (+200 ms)", "Slow cable (+200 ms)";
    stop_docker: "Parar o docker", "Stop docker";
    start_docker: "Iniciar o docker", "Start docker";
    kill_docker: "Matar o dockerd (-9)", "Kill dockerd (-9)";
    kill_task: "Matar este contêiner", "Kill this container";
    registry_off: "Derrubar o registro de imagens", "Registry off";
    registry_on: "Religar o registro de imagens", "Registry on";
    term: "termo", "term";
    index: "índice", "index";
    vote: "voto", "vote";
    quorum_of: "quórum {} de {}", "quorum {} of {}";
    alive_of: "{} de {} gerentes no ar", "{} of {} managers up";
    raft_later: "começa com o primeiro gerente", "begins with the first manager";
    raft_one: "um gerente só: se ele cair, as tarefas seguem e ninguém decide",
        "a single manager: if it falls, tasks go on and nobody decides";
    raft_lost: "sem maioria: as tarefas seguem, nenhum comando do swarm é aceito",
        "no majority: tasks go on, no swarm command is accepted";
    raft_electing: "sem líder: os gerentes elegem outro, os comandos esperam",
        "no leader: the managers elect another one, commands wait";
    raft_ok: "tolera {} gerente(s) fora", "tolerates {} manager(s) down";
    open_raft: "Abrir Raft", "Open Raft";
    raft_leader: "Líder", "Leader";
    raft_follower: "Seguidor", "Follower";
    raft_candidate: "Candidato", "Candidate";
    raft_isolated: "Isolado", "Isolated";
    raft_off: "Desligado", "Off";
    itself: "em si mesmo", "itself";
    timer: "prazo de eleição: {} de {} s", "election timer: {} of {} s";
    works_now: "O que funciona agora", "What works now";
    works_tasks: "As tarefas que rodam seguem rodando.", "Running tasks go on running.";
    works_ports: "As portas publicadas respondem.", "Published ports answer.";
    works_commands: "O swarm aceita comandos nos gerentes.", "The swarm takes commands on \
        managers.";
    works_replace: "Tarefa que cair é trocada.", "A task that fails is replaced.";
    no_commands: "Comandos do swarm esperam e falham: falta maioria.",
        "Swarm commands wait and fail: there is no majority.";
    no_replace: "Tarefa que cair não é trocada até haver líder.",
        "A task that fails is not replaced until there is a leader.";
    majority: "maioria: {} de {}", "majority: {} of {}";
    tasks: "Tarefas", "Tasks";
    name: "Nome", "Name";
    address: "Endereço", "Address";
    role: "Papel", "Role";
    machine: "Máquina", "Machine";
    replicas: "Réplicas", "Replicas";
    image: "Imagem", "Image";
    ports: "Portas", "Ports";
    node: "Nó", "Node";
    error: "Erro", "Error";
    container: "Contêiner", "Container";
    containers: "Contêineres fora do swarm", "Containers outside the swarm";
    on: "ligada", "on";
    add_machine: "instância", "instance";
    models: "modelos", "templates";
    model_3_2: "3 gerentes e 2 trabalhadores", "3 managers and 2 workers";
    model_5: "5 gerentes", "5 managers";
    model_1_1: "1 gerente e 1 trabalhador", "1 manager and 1 worker";
    model_1: "Uma máquina só", "A single machine";
    model_5_loose: "5 máquinas soltas", "5 loose machines";
    model_note: "Começa um laboratório livre novo.", "Starts a new free lab.";
    busy: "ocupado", "busy";
    output_of: "Saída de {}", "Output of {}";
    command_on: "Comando em {}: ", "Command on {}: ";
    running_hint: "O comando ainda roda. Pode digitar o próximo; Ctrl+C interrompe.",
        "The command still runs. You can type the next one; Ctrl+C interrupts.";
    machine_off: "{} está desligada.", "{} is off.";
    finished_ok: "{}: terminou.", "{}: finished.";
    finished_bad: "{}: falhou com {}.", "{}: failed with {}.";
    lines_dropped: "{} linhas antigas não são mais mostradas",
        "{} older lines are no longer shown";
    keys: "Teclas", "Keys";
    key_up: "comando anterior", "previous command";
    key_down: "próximo comando", "next command";
    time: "Tempo simulado", "Simulated time";
    pause: "Pausar o tempo", "Pause time";
    resume: "Continuar o tempo", "Resume time";
    next_event: "Ir ao próximo evento", "Go to the next event";
    speed: "Velocidade", "Speed";
    speed_auto: "auto", "auto";
    speed_auto_label: "Automática: ×10 enquanto um comando espera, senão ×1",
        "Automatic: ×10 while a command waits, else ×1";
    undo: "Desfazer o último comando (Ctrl+Z)", "Undo the last command (Ctrl+Z)";
    redo: "Refazer", "Redo";
    theme: "Alternar tema claro e escuro", "Switch between light and dark";
    language: "Idioma", "Language";
    help: "Ajuda e atalhos", "Help and keys";
    timeline: "Linha do tempo", "Timeline";
    timeline_label: "Linha do tempo: {} comandos e eventos até agora",
        "Timeline: {} commands and events so far";
    saved: "Salvo neste navegador", "Saved in this browser";
    not_saved: "Aqui nada fica guardado: baixe seu trabalho.",
        "Nothing is kept here: download your work.";
    storage_full: "O espaço do navegador acabou: o que vier agora não fica guardado. Baixe seu \
        trabalho.",
        "The browser's storage is full: what comes now is not kept. Download your work.";
    download_work: "Baixar meu trabalho", "Download my work";
    rest_coming: "Trazendo o simulador…", "Bringing the simulator…";
    rest_asked: "Trazendo o simulador; o que você pediu espera por ele…",
        "Bringing the simulator; what you asked for waits for it…";
    rest_work: "Trazendo o simulador e o seu trabalho…",
        "Bringing the simulator and your work…";
    rest_failed: "O simulador não chegou ({}). Confira a conexão: o que você digitou espera nesta \
        página.",
        "The simulator did not arrive ({}). Check the connection: what you typed waits on this \
        page.";
    retry: "Tentar de novo", "Try again";
    corrupt: "O trabalho guardado não pôde ser lido. Ele foi posto de lado e o laboratório \
        começou de novo.",
        "The saved work could not be read. It was set aside and the lab starts anew.";
    download_aside: "Baixar a cópia posta de lado", "Download the copy set aside";
    dismiss: "Dispensar", "Dismiss";
    lesson_errors: "A lição {} tem erros e não foi aberta:", "The lesson {} has errors and was \
        not opened:";
    lesson_fetch: "A lição {} não pôde ser lida: {}", "The lesson {} could not be read: {}";
    lesson_drop: "Solte o arquivo .md para abrir a lição", "Drop the .md file to open the lesson";
    not_md: "{} não é um arquivo .md: só lições em Markdown podem ser abertas aqui.",
        "{} is not a .md file: only Markdown lessons can be opened here.";
    help_title: "Teclado", "Keyboard";
    help_tab: "completa; duas vezes, lista as opções", "completes; twice, lists the choices";
    help_interrupt: "interrompe; com texto escolhido, copia", "interrupts; with text selected, \
        copies";
    help_history: "percorre o histórico da máquina", "walks through the machine's history";
    help_search: "procura no histórico", "searches the history";
    help_words: "apaga a palavra anterior (Ctrl+W é do navegador)",
        "deletes the previous word (Ctrl+W belongs to the browser)";
    help_undo: "com o prompt vazio, desfaz o último comando", "on an empty prompt, undoes the \
        last command";
    help_clear: "limpa a tela", "clears the screen";
    help_words_lab: "Palavras do laboratório: ajuda, dica, passo, desfazer, refazer, solução; \
        desligar, ligar, congelar, cortar, religar e o nome da máquina.",
        "Words of the lab: help, hint, step, undo, redo, solution; poweroff, poweron, freeze, \
            cut, heal and the machine's name.";
    legend_states: "Estado pela forma", "State by shape";
    legend_machines: "Máquinas", "Machines";
    l_running: "Running: cheio", "Running: filled";
    l_starting: "Ready, Starting: metade", "Ready, Starting: half";
    l_preparing: "Preparing: tracejado", "Preparing: dashed";
    l_pending: "New, Pending, Assigned: pontilhado", "New, Pending, Assigned: dotted";
    l_failed: "Failed, Rejected: cantos cortados", "Failed, Rejected: cut corners";
    l_done: "Shutdown, Complete: cinza", "Shutdown, Complete: grey";
    l_manager: "borda escura: gerente; estrela: líder", "dark border: manager; star: leader";
    l_drain: "trama: drain; duas barras: pause", "hatched: drain; two bars: pause";
    l_off: "pontilhada, sem fundo: desligada", "dotted, empty: off";
    l_cut: "linha vermelha: cabo cortado", "red line: cable cut";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_holes_and_no_empty_text() {
        for (name, pt, en) in PAIRS {
            assert!(!pt.is_empty() && !en.is_empty(), "{name} is empty");
            let holes = |text: &str| text.matches("{}").count();
            assert_eq!(holes(pt), holes(en), "{name} has other holes in English");
        }
    }

    #[test]
    fn holes_are_filled_in_order() {
        assert_eq!(fill("{} de {}", &["1", "3"]), "1 de 3");
        assert_eq!(fill("{} e {}", &["um"]), "um e ");
    }
}
