//! moby's generator of names for containers and services (`pkg/namesgenerator`): an adjective,
//! an underscore and the surname of a notable scientist or hacker.

use sim::Stream;

const LEFT: &[&str] = &[
    "admiring", "adoring", "affectionate", "agitated", "amazing", "angry", "awesome",
    "beautiful", "blissful", "bold", "boring", "brave", "busy", "charming", "clever", "cool",
    "compassionate", "competent", "condescending", "confident", "cranky", "crazy", "dazzling",
    "determined", "distracted", "dreamy", "eager", "ecstatic", "elastic", "elated", "elegant",
    "eloquent", "epic", "exciting", "fervent", "festive", "flamboyant", "focused", "friendly",
    "frosty", "funny", "gallant", "gifted", "goofy", "gracious", "great", "happy", "hardcore",
    "heuristic", "hopeful", "hungry", "infallible", "inspiring", "interesting", "intelligent",
    "jolly", "jovial", "keen", "kind", "laughing", "loving", "lucid", "magical", "mystifying",
    "modest", "musing", "naughty", "nervous", "nice", "nifty", "nostalgic", "objective",
    "optimistic", "peaceful", "pedantic", "pensive", "practical", "priceless", "quirky",
    "quizzical", "recursing", "relaxed", "reverent", "romantic", "sad", "serene", "sharp",
    "silly", "sleepy", "stoic", "strange", "stupefied", "suspicious", "sweet", "tender",
    "thirsty", "trusting", "unruffled", "upbeat", "vibrant", "vigilant", "vigorous",
    "wizardly", "wonderful", "xenodochial", "youthful", "zealous", "zen",
];

const RIGHT: &[&str] = &[
    "albattani", "allen", "almeida", "antonelli", "agnesi", "archimedes", "ardinghelli",
    "aryabhata", "austin", "babbage", "banach", "banzai", "bardeen", "bartik", "bassi",
    "beaver", "bell", "benz", "bhabha", "bhaskara", "black", "blackburn", "blackwell", "bohr",
    "booth", "borg", "bose", "bouman", "boyd", "brahmagupta", "brattain", "brown", "buck",
    "burnell", "cannon", "carson", "cartwright", "carver", "cerf", "chandrasekhar",
    "chaplygin", "chatelet", "chatterjee", "chebyshev", "cohen", "chaum", "clarke", "colden",
    "cori", "cray", "curran", "curie", "darwin", "davinci", "dewdney", "dhawan", "diffie",
    "dijkstra", "dirac", "driscoll", "dubinsky", "easley", "edison", "einstein", "elbakyan",
    "elgamal", "elion", "ellis", "engelbart", "euclid", "euler", "faraday", "feistel",
    "fermat", "fermi", "feynman", "franklin", "gagarin", "galileo", "galois", "ganguly",
    "gates", "gauss", "germain", "goldberg", "goldstine", "goldwasser", "golick", "goodall",
    "gould", "greider", "grothendieck", "haibt", "hamilton", "haslett", "hawking", "hellman",
    "heisenberg", "hermann", "herschel", "hertz", "heyrovsky", "hodgkin", "hofstadter",
    "hoover", "hopper", "hugle", "hypatia", "ishizaka", "jackson", "jang", "jemison",
    "jennings", "jepsen", "johnson", "joliot", "jones", "kalam", "kapitsa", "kare", "keldysh",
    "keller", "kepler", "khayyam", "khorana", "kilby", "kirch", "knuth", "kowalevski",
    "lalande", "lamarr", "lamport", "leakey", "leavitt", "lederberg", "lehmann", "lewin",
    "lichterman", "liskov", "lovelace", "lumiere", "mahavira", "margulis", "matsumoto",
    "maxwell", "mayer", "mccarthy", "mcclintock", "mclaren", "mclean", "mcnulty", "mendel",
    "mendeleev", "meitner", "meninsky", "merkle", "mestorf", "mirzakhani", "montalcini",
    "moore", "morse", "murdock", "moser", "napier", "nash", "neumann", "newton",
    "nightingale", "nobel", "noether", "northcutt", "noyce", "panini", "pare", "pascal",
    "pasteur", "payne", "perlman", "pike", "poincare", "poitras", "proskuriakova", "ptolemy",
    "raman", "ramanujan", "ride", "ritchie", "rhodes", "robinson", "roentgen", "rosalind",
    "rubin", "saha", "sammet", "sanderson", "satoshi", "shamir", "shannon", "shaw", "shirley",
    "shockley", "shtern", "sinoussi", "snyder", "solomon", "spence", "stonebraker",
    "sutherland", "swanson", "swartz", "swirles", "taussig", "tereshkova", "tesla", "tharp",
    "thompson", "torvalds", "tu", "turing", "varahamihira", "vaughan", "villani", "visvesvaraya",
    "volhard", "wescoff", "wilbur", "wiles", "williams", "williamson", "wilson", "wing",
    "wozniak", "wright", "wu", "yalow", "yonath", "zhukovsky",
];

/// A name; with `retry` above 0 it ends in a random digit, as the names before it were taken.
pub fn random_name(retry: u32, draws: &mut Stream) -> String {
    loop {
        let left = pick(LEFT, draws);
        let right = pick(RIGHT, draws);
        // Steve Wozniak is not boring
        if (left, right) == ("boring", "wozniak") {
            continue;
        }
        return if retry > 0 {
            format!("{left}_{right}{}", draws.range(0, 10))
        } else {
            format!("{left}_{right}")
        };
    }
}

fn pick<'a>(words: &[&'a str], draws: &mut Stream) -> &'a str {
    let len = u32::try_from(words.len()).unwrap_or(u32::MAX);
    let at = draws.pick(len).unwrap_or_default();
    words.get(at as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_drawn_from_both_lists() {
        assert_eq!((LEFT.len(), RIGHT.len()), (108, 237));
        let mut draws = Stream::new(1, "names");
        let name = random_name(0, &mut draws);
        let (left, right) = name.split_once('_').unwrap();
        assert!(LEFT.contains(&left) && RIGHT.contains(&right));
        assert!(random_name(1, &mut draws).ends_with(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn boring_wozniak_is_drawn_again() {
        let at = |list: &[&str], word| list.iter().position(|w| *w == word).unwrap() as u64;
        let mut draws = Stream::new(1, "names");
        draws.steer([at(LEFT, "boring"), at(RIGHT, "wozniak"), 0, 1]);
        assert_eq!(random_name(0, &mut draws), "admiring_allen");
    }
}
