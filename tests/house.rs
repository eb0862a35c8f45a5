//! The rules that keep the source readable: rooms import from rooms below them only, files do not import each other in
//! circles, functions and files stay short, and a fact becomes text in one place only.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// The longest that a file, a function, the median function and nine of ten functions may be, in lines.
const FILE: usize = 320;
const FUNCTION: usize = 60;
const MEDIAN: usize = 8;
const NINE_OF_TEN: usize = 22;

/// Words that stand for a fact of its own type, and the files that may spell them: where the type says its name, or a
/// format gives a field that name. Anywhere else, the type decides and not the word.
const WORDS: &[(&str, &[&str])] = &[
    ("PBKDF2", &["p12/protection.rs"]),
    ("RSA", &["certificate/key.rs"]),
    ("text", &["p12/form.rs", "view/json.rs"]),
    ("legacy-cipher", &["inspect/finding.rs"]),
];

/// Absolute, without `crate`.
type Module = Vec<String>;

/// A source file without its unit tests.
struct Source {
    /// Below `src/`.
    name: String,
    module: Module,
    lines: usize,
    /// Each path that the file names, and its line.
    paths: Vec<(Module, usize)>,
    /// What it exports under names of its own: name and absolute path.
    exports: BTreeMap<String, Module>,
    functions: Vec<(String, usize)>,
    /// String literals, with their lines.
    texts: Vec<(String, usize)>,
}

struct House {
    /// In the order of `lib.rs`, from the top.
    rooms: Vec<String>,
    sources: Vec<Source>,
}

impl House {
    fn read() -> Self {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        list(&src, &mut files);
        let modules: BTreeSet<Module> = files.iter().map(|file| module(&src, file)).collect();
        let sources = files.iter().map(|file| Source::read(&src, file, &modules)).collect();
        let library = syn::parse_file(&std::fs::read_to_string(src.join("lib.rs")).unwrap()).unwrap();
        let rooms = library.items.into_iter().filter_map(|item| match item {
            syn::Item::Mod(item) => Some(item.ident.to_string()),
            _ => None,
        });
        Self { rooms: rooms.collect(), sources }
    }

    /// Which file imports from which other, and the first line that does.
    fn imports(&self) -> Vec<(&Source, &Source, usize)> {
        let mut imports = BTreeMap::new();
        for from in self.sources.iter().filter(|source| !source.module.is_empty()) {
            for (path, line) in &from.paths {
                let Some(to) = self.file_of(path).filter(|to| to.name != from.name) else { continue };
                let first = imports.entry((&from.name, &to.name)).or_insert((from, to, *line));
                first.2 = first.2.min(*line);
            }
        }
        imports.into_values().collect()
    }

    /// The file that defines what has this path, also where another file exports it.
    fn file_of(&self, path: &[String]) -> Option<&Source> {
        let known = |length: &usize| self.sources.iter().find(|source| source.module == path[..*length]);
        let length = (1..=path.len()).rev().find(|length| known(length).is_some())?;
        let source = known(&length)?;
        let exported = path.get(length).and_then(|name| source.exports.get(name));
        exported.and_then(|path| self.file_of(path)).or(Some(source))
    }
}

/// All Rust files of the folder and below it.
fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => list(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
}

/// Nothing for `lib.rs` and `main.rs`.
fn module(src: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(src).unwrap().with_extension("");
    let names: Module = path.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names == ["lib"] || names == ["main"] { Vec::new() } else { names }
}

impl Source {
    fn read(src: &Path, file: &Path, modules: &BTreeSet<Module>) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        let source = Self {
            name: file.strip_prefix(src).unwrap().to_str().unwrap().replace('\\', "/"),
            module: module(src, file),
            lines: text.lines().count(),
            paths: Vec::new(),
            exports: BTreeMap::new(),
            functions: Vec::new(),
            texts: Vec::new(),
        };
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", source.name));
        let mut reader = Reader { module: source.module.clone(), source, modules, names: BTreeMap::new() };
        reader.visit_file(&parsed);
        reader.source
    }

    fn room(&self) -> &str {
        &self.module[0]
    }
}

/// Reads a file's syntax into a [`Source`].
struct Reader<'a> {
    source: Source,
    /// Where the reading is: that of the file, or a module inside it.
    module: Module,
    modules: &'a BTreeSet<Module>,
    /// What `use` gave a name to.
    names: BTreeMap<String, Module>,
}

impl Reader<'_> {
    /// A path that this crate can answer, made absolute.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let child = [&self.module[..], std::slice::from_ref(first)].concat();
        let start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                let kept = self.module.len().checked_sub(ups)?;
                return Some([&self.module[..kept], &path[ups..]].concat());
            }
            name if self.names.contains_key(name) => self.names[name].clone(),
            _ if self.modules.contains(&child) => child,
            _ => return None,
        };
        Some([start, rest.to_vec()].concat())
    }

    fn note(&mut self, path: &[String], span: Span) {
        if let Some(path) = self.absolute(path) {
            self.source.paths.push((path, span.start().line));
        }
    }

    /// Each name of a `use`, and what it stands for.
    fn import(&mut self, tree: &syn::UseTree, before: &[String], exported: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            syn::UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident), exported),
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, before, exported));
            }
            syn::UseTree::Glob(_) => return self.note(before, tree.span()),
            syn::UseTree::Rename(rename) => (rename.rename.to_string(), with(&rename.ident)),
            syn::UseTree::Name(name) if name.ident == "self" => {
                (before.last().cloned().unwrap_or_default(), before.to_vec())
            }
            syn::UseTree::Name(name) => (name.ident.to_string(), with(&name.ident)),
        };
        let Some(path) = self.absolute(&path) else { return };
        match exported {
            true => drop(self.source.exports.insert(name, path)),
            false => {
                self.source.paths.push((path.clone(), tree.span().start().line));
                self.names.insert(name, path);
            }
        }
    }

    /// Macros are not parsed: in their words, what begins with `crate::` is a path.
    fn words(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.words(group.stream()),
                TokenTree::Ident(ident) if ident == "crate" => {
                    let names = tokens[at..].iter().step_by(3).map_while(|token| match token {
                        TokenTree::Ident(ident) => Some(ident.to_string()),
                        _ => None,
                    });
                    self.note(&names.take(8).collect::<Vec<_>>(), ident.span());
                }
                TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.source.texts.push((text.value(), literal.span().start().line));
                    }
                }
                _ => {}
            }
        }
    }

    fn function(&mut self, name: &syn::Ident, whole: Span) {
        let lines = whole.end().line - whole.start().line + 1;
        self.source.functions.push((name.to_string(), lines));
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test(&item.attrs) {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.note(&names, path.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.words(item.tokens.clone());
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.source.texts.push((text.value(), text.span().start().line));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            self.function(&item.sig.ident, item.sig.span().join(item.block.span()).unwrap());
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            self.function(&item.sig.ident, item.sig.span().join(item.block.span()).unwrap());
            visit::visit_impl_item_fn(self, item);
        }
    }
}

#[track_caller]
fn none(faults: &BTreeSet<String>, rule: &str) {
    let list: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    assert!(faults.is_empty(), "{rule}:{}", list.concat());
}

#[test]
fn a_room_imports_only_from_rooms_below_it() {
    let house = House::read();
    let place = |room: &str| house.rooms.iter().position(|known| known == room).unwrap();
    let upward = house.imports().into_iter().filter(|(from, to, _)| place(to.room()) < place(from.room()));
    let faults = upward.map(|(from, to, line)| format!("src/{}:{line} imports from {}", from.name, to.name));
    none(&faults.collect(), "src/lib.rs lists the rooms from the top; these imports go up");
}

#[test]
fn files_of_a_room_do_not_import_each_other_in_circles() {
    let house = House::read();
    let mut edges: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (from, to, line) in house.imports() {
        if from.room() == to.room() {
            edges.entry(&from.name).or_default().insert(&to.name, line);
        }
    }
    let mut faults = BTreeSet::new();
    for (from, targets) in &edges {
        for (to, line) in targets {
            if reaches(&edges, to, from) {
                faults.insert(format!("src/{from}:{line} imports from {to}, which leads back to it"));
            }
        }
    }
    none(&faults, "These imports are parts of circles");
}

fn reaches<'a>(edges: &BTreeMap<&'a str, BTreeMap<&'a str, usize>>, from: &'a str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        if file == to {
            return true;
        }
        if seen.insert(file) {
            next.extend(edges.get(file).into_iter().flatten().map(|(target, _)| *target));
        }
    }
    false
}

#[test]
fn files_and_functions_are_short() {
    let house = House::read();
    let mut faults = BTreeSet::new();
    for source in &house.sources {
        if source.lines > FILE {
            faults.insert(format!("src/{} has {} lines, more than {FILE}", source.name, source.lines));
        }
        for (function, lines) in source.functions.iter().filter(|(_, lines)| *lines > FUNCTION) {
            faults.insert(format!("src/{}: {function} has {lines} lines, more than {FUNCTION}", source.name));
        }
    }
    let mut lengths: Vec<_> =
        house.sources.iter().flat_map(|source| &source.functions).map(|(_, lines)| *lines).collect();
    lengths.sort_unstable();
    for (part, most) in [(50, MEDIAN), (90, NINE_OF_TEN)] {
        let length = lengths[lengths.len() * part / 100];
        if length > most {
            faults.insert(format!("{part} of 100 functions have up to {length} lines, more than {most}"));
        }
    }
    assert!(lengths.len() > 500, "{} functions were found", lengths.len());
    none(&faults, "Too long");
}

#[test]
fn a_fact_is_spelled_in_one_place() {
    let house = House::read();
    let mut faults = BTreeSet::new();
    for (word, files) in WORDS {
        let spelled = house.sources.iter().flat_map(|source| {
            source.texts.iter().filter(|(text, _)| text == word).map(|(_, line)| (&source.name, *line))
        });
        for (file, line) in spelled.filter(|(file, _)| !files.contains(&file.as_str())) {
            faults.insert(format!("src/{file}:{line} spells {word:?}: compare the type instead"));
        }
    }
    none(&faults, "These facts are decided by a word");
}
