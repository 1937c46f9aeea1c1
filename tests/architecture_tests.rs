//! The architecture of `src/`: a top-level module uses only the modules above it in
//! ARCHITECTURE.md, and the files of a top-level module have no circular dependencies.
//!
//! A top-level module is a directory or a file directly under `src/`. A path that goes through a re-export counts as a
//! use of the file that defines the item. Code under `#[cfg(test)]` is exempt.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, UseTree};

/// The top-level modules from the lowest up; the table in ARCHITECTURE.md has the same order.
const ORDER: [&str; 20] = [
    "error",
    "random",
    "files",
    "tensor",
    "data",
    "info",
    "nn",
    "optim",
    "gan",
    "evaluate",
    "train",
    "interpret",
    "report",
    "explain",
    "study",
    "claims",
    "display",
    "prelude",
    "cli",
    "main",
];

#[test]
fn a_module_uses_only_modules_above_it() {
    let found = Dependencies::read().upward();
    assert!(found.is_empty(), "paths upward:\n{}", found.join("\n"));
}

#[test]
fn the_files_of_a_module_have_no_circular_dependencies() {
    let found = Dependencies::read().cycles();
    assert!(found.is_empty(), "cycles:\n{}", found.join("\n"));
}

#[test]
fn only_tensor_names_dfdx() {
    let mut found = Vec::new();
    let outside = |(name, _): &(String, String)| !name.starts_with("tensor/");
    for (name, text) in sources().into_iter().filter(outside) {
        let lines = text.lines().enumerate();
        let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        let named = code.filter(|(_, line)| line.contains("dfdx::"));
        found.extend(named.map(|(i, _)| format!("src/{name}:{}", i + 1)));
    }
    assert!(
        found.is_empty(),
        "dfdx outside tensor/:\n{}",
        found.join("\n")
    );
}

#[test]
fn the_order_is_that_of_the_architecture() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text
        .lines()
        .skip_while(|line| !line.starts_with("| module |"));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let names: Vec<&str> = names
        .map(|name| name.trim_end_matches('/').trim_end_matches(".rs"))
        .collect();
    assert_eq!(names, ORDER);
}

#[test]
fn an_upward_path_is_found_wherever_it_stands() {
    let below = "fn f() -> u8 { vec![super::train::two()]; crate::nn::one() }";
    let dependencies = Dependencies::of(&[
        ("lib.rs", "pub use nn::one;"),
        ("tensor/mod.rs", below),
        (
            "gan/mod.rs",
            "use crate::{one, train as upper};\nfn f() { upper::two() }",
        ),
        (
            "nn/mod.rs",
            "mod layers;\npub use layers::one;\n#[cfg(test)] mod tests { use crate::cli::X; }",
        ),
        ("nn/layers.rs", "pub fn one() {}"),
        ("train/mod.rs", "pub fn two() { crate::one() }"),
        ("cli/mod.rs", "pub struct X;"),
    ]);
    assert_eq!(
        dependencies.upward(),
        [
            "src/gan/mod.rs:2: upper::two uses src/train/mod.rs",
            "src/tensor/mod.rs:1: crate::nn::one uses src/nn/layers.rs",
            "src/tensor/mod.rs:1: super::train::two uses src/train/mod.rs",
        ]
    );
}

#[test]
fn a_cycle_is_found_and_a_re_export_is_none() {
    let with_b = |b: &'static str| {
        Dependencies::of(&[
            ("lib.rs", ""),
            (
                "nn/mod.rs",
                "mod a;\nmod b;\npub use a::{A, a};\npub use self::b::*;",
            ),
            (
                "nn/a.rs",
                "pub struct A;\npub fn a() {}\nfn f() { super::b::B::new() }",
            ),
            ("nn/b.rs", b),
        ])
    };
    // `a` is a module and a function.
    assert_eq!(with_b("pub struct B;").cycles(), [""; 0]);
    let expected = "nn:\n  src/nn/a.rs:3: super::b::B::new uses src/nn/b.rs\n  \
                    src/nn/b.rs:1: super::A uses src/nn/a.rs";
    assert_eq!(with_b("use super::A; pub struct B;").cycles(), [expected]);
    assert_eq!(
        with_b("fn f(_: u8, _: crate::nn::A) {} pub struct B;")
            .cycles()
            .len(),
        1
    );
    let found = with_b("fn f() { super::a() } pub struct B;").cycles();
    assert!(
        found[0].contains("src/nn/b.rs:1: super::a uses src/nn/a.rs"),
        "{found:?}"
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `src/`: its path from there, and its text.
fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut files = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&src).unwrap().to_str().unwrap();
                files.push((name.to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// The names of a path, in order.
type Names = Vec<String>;

/// What a module holds.
#[derive(Default)]
struct Module {
    file: String,
    items: BTreeSet<String>,
    /// Imported names, each with the path that it stands for.
    imports: Vec<(String, Names)>,
    /// Paths whose whole content is imported.
    globs: Vec<Names>,
}

/// A path in the source, as it is written in a module.
struct Mention {
    module: Names,
    line: usize,
    path: Names,
    is_glob: bool,
}

/// What a path stands for.
#[derive(Debug, Clone, PartialEq)]
enum Meaning {
    /// An item that this file defines.
    Item(String),
    Module(Names),
    /// Something of another crate, or a name that only the compiler can look up.
    Elsewhere,
}

/// A file uses an item of another file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    from: String,
    line: usize,
    path: String,
    to: String,
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Use {
            from,
            line,
            path,
            to,
        } = self;
        write!(f, "{from}:{line}: {path} uses {to}")
    }
}

/// All modules of a crate, and all paths in them.
#[derive(Default)]
struct Dependencies {
    modules: BTreeMap<Names, Module>,
    mentions: Vec<Mention>,
}

impl Dependencies {
    /// The dependencies of this crate.
    fn read() -> Self {
        let files = sources();
        let files: Vec<_> = files
            .iter()
            .map(|(n, t)| (n.as_str(), t.as_str()))
            .collect();
        Self::of(&files)
    }

    /// The dependencies of these files, each with its name under `src/` and its text.
    fn of(files: &[(&str, &str)]) -> Self {
        let mut dependencies = Dependencies::default();
        for (file, text) in files {
            let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("{file}: {e}"));
            let names = file.trim_end_matches(".rs").split('/');
            let names = names.filter(|name| !["lib", "mod"].contains(name));
            Reader {
                file: format!("src/{file}"),
                module: names.map(String::from).collect(),
                dependencies: &mut dependencies,
            }
            .read(&parsed.items);
        }
        dependencies
    }

    /// What a path stands for that is written in `module`, through any number of re-exports.
    fn meaning(&self, module: &[String], path: &[String], depth: usize) -> Meaning {
        // A glob import can lead back to itself.
        if depth > 16 {
            return Meaning::Elsewhere;
        }
        let mut place = module.to_vec();
        let qualifiers = path.iter().take_while(|name| is_qualifier(name)).count();
        for name in &path[..qualifiers] {
            match name.as_str() {
                "super" => drop(place.pop()),
                "self" => {}
                _ => place.clear(),
            }
        }
        let is_qualified = qualifiers > 0;
        for (i, name) in path.iter().enumerate().skip(qualifiers) {
            let child = [place.as_slice(), std::slice::from_ref(name)].concat();
            let is_module = self.modules.contains_key(&child);
            let is_last = i + 1 == path.len();
            if is_module && !is_last {
                place = child;
                continue;
            }
            // A function may have the name of a module: what ends a path is first looked for as an item.
            match self.item(&place, name, depth) {
                Some(Meaning::Module(other)) if !is_last => place = other,
                Some(found) => return found,
                None if is_module => return Meaning::Module(child),
                None if is_qualified || i > 0 => {
                    return Meaning::Item(self.modules[&place].file.clone());
                }
                None => return Meaning::Elsewhere,
            }
        }
        Meaning::Module(place)
    }

    /// What `name` stands for among the items and imports of a module.
    fn item(&self, module: &[String], name: &str, depth: usize) -> Option<Meaning> {
        let held = &self.modules[module];
        if held.items.contains(name) {
            return Some(Meaning::Item(held.file.clone()));
        }
        let imports = held.imports.iter().filter(|(n, _)| n == name);
        let imports: Vec<_> = imports
            .map(|(_, path)| self.meaning(module, path, depth + 1))
            .collect();
        let is_item = |meaning: &&Meaning| matches!(meaning, Meaning::Item(_));
        if let Some(found) = imports.iter().find(is_item).or(imports.first()) {
            return Some(found.clone());
        }
        held.globs.iter().find_map(|path| {
            let Meaning::Module(other) = self.meaning(module, path, depth + 1) else {
                return None;
            };
            (depth <= 16).then(|| self.item(&other, name, depth + 1))?
        })
    }

    /// Every use of one file by another, once, in order.
    fn uses(&self) -> BTreeSet<Use> {
        let mut uses: BTreeMap<(String, String), Use> = BTreeMap::new();
        for mention in &self.mentions {
            let from = self.modules[&mention.module].file.clone();
            let to = match self.meaning(&mention.module, &mention.path, 0) {
                Meaning::Item(file) => file,
                Meaning::Module(module) if mention.is_glob => self.modules[&module].file.clone(),
                // Importing a module uses none of its items yet.
                Meaning::Module(_) | Meaning::Elsewhere => continue,
            };
            if from != to {
                let found = Use {
                    from: from.clone(),
                    line: mention.line,
                    path: mention.path.join("::"),
                    to: to.clone(),
                };
                match uses.entry((from, to)) {
                    Entry::Vacant(entry) => drop(entry.insert(found)),
                    Entry::Occupied(mut entry) if found < *entry.get() => drop(entry.insert(found)),
                    Entry::Occupied(_) => {}
                }
            }
        }
        uses.into_values().collect()
    }

    /// Uses of a top-level module by one that comes before it in the order.
    fn upward(&self) -> Vec<String> {
        let floor = |file: &str| match ORDER
            .iter()
            .position(|module| *module == top_level_module(file))
        {
            Some(floor) => floor,
            // Only lib.rs is outside the top-level modules, and it may use all of them.
            None if file == "src/lib.rs" => ORDER.len(),
            None => panic!("{file} is in a module that ORDER does not list"),
        };
        let uses = self.uses();
        let upward = uses.iter().filter(|u| floor(&u.from) < floor(&u.to));
        upward.map(ToString::to_string).collect()
    }

    /// Groups of files of one top-level module that use each other, directly or not, with these uses.
    fn cycles(&self) -> Vec<String> {
        let uses = self.uses();
        let inside: Vec<&Use> = uses
            .iter()
            .filter(|u| top_level_module(&u.from) == top_level_module(&u.to))
            .collect();
        let files: BTreeSet<&str> = inside.iter().map(|u| u.from.as_str()).collect();
        let reached = |start: &str| {
            let mut reached = BTreeSet::new();
            let mut next = vec![start.to_string()];
            while let Some(file) = next.pop() {
                for used in inside.iter().filter(|u| u.from == file) {
                    if reached.insert(used.to.clone()) {
                        next.push(used.to.clone());
                    }
                }
            }
            reached
        };
        let reached: BTreeMap<&str, BTreeSet<String>> = files
            .into_iter()
            .map(|file| (file, reached(file)))
            .collect();
        let mut groups = BTreeMap::new();
        for (file, all) in &reached {
            let mutual = |other: &&&str| all.contains(**other) && reached[**other].contains(*file);
            let group: BTreeSet<&str> = reached.keys().filter(mutual).copied().collect();
            if !group.is_empty() {
                groups.insert(group, top_level_module(file).to_string());
            }
        }
        let groups = groups.into_iter().map(|(group, module)| {
            let among =
                |u: &&&Use| group.contains(u.from.as_str()) && group.contains(u.to.as_str());
            let lines = inside.iter().filter(among).map(|u| format!("\n  {u}"));
            format!("{module}:{}", lines.collect::<String>())
        });
        groups.collect()
    }
}

fn is_qualifier(name: &str) -> bool {
    ["crate", "ganscope", "self", "super"].contains(&name)
}

/// Returns `nn` for `src/nn/layers.rs` and for `src/nn.rs`.
fn top_level_module(file: &str) -> &str {
    let inside = file.trim_start_matches("src/");
    let module = inside.split('/').next().unwrap_or(inside);
    module.trim_end_matches(".rs")
}

/// Notes what a module holds and mentions.
struct Reader<'a> {
    file: String,
    module: Names,
    dependencies: &'a mut Dependencies,
}

impl Reader<'_> {
    fn read(&mut self, items: &[Item]) {
        self.here().items.extend(items.iter().filter_map(name_of));
        items.iter().for_each(|item| self.visit_item(item));
    }

    fn here(&mut self) -> &mut Module {
        let file = &self.file;
        let module = self.dependencies.modules.entry(self.module.clone());
        module.or_insert_with(|| Module {
            file: file.clone(),
            ..Module::default()
        })
    }

    fn mention(&mut self, line: usize, path: Names, is_glob: bool) {
        self.dependencies.mentions.push(Mention {
            module: self.module.clone(),
            line,
            path,
            is_glob,
        });
    }

    fn import(&mut self, before: &[String], tree: &UseTree) {
        let with = |ident: &Ident| [before, &[ident.to_string()]].concat();
        let mut leaf = |ident: &Ident, name: String| {
            let path = if ident == "self" {
                before.to_vec()
            } else {
                with(ident)
            };
            let name = if name == "self" {
                before.last().cloned().unwrap_or_default()
            } else {
                name
            };
            self.mention(ident.span().start().line, path.clone(), false);
            self.here().imports.push((name, path));
        };
        match tree {
            UseTree::Path(path) => self.import(&with(&path.ident), &path.tree),
            UseTree::Name(name) => leaf(&name.ident, name.ident.to_string()),
            UseTree::Rename(renamed) => leaf(&renamed.ident, renamed.rename.to_string()),
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                self.mention(line, before.to_vec(), true);
                self.here().globs.push(before.to_vec());
            }
            UseTree::Group(group) => group
                .items
                .iter()
                .for_each(|tree| self.import(before, tree)),
        }
    }

    /// A path in code; a single name is local or imported, and imports are noted by themselves.
    fn path(&mut self, names: &[Ident]) {
        if let [first, _, ..] = names {
            let line = first.span().start().line;
            self.mention(line, names.iter().map(ToString::to_string).collect(), false);
        }
    }

    /// Paths among the tokens of a macro or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut names: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(p)
                    if p.as_char() == ':' && (colons == 1 || p.spacing() == Spacing::Joint) =>
                {
                    colons += 1;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(&std::mem::take(&mut names));
                    }
                    names.push(ident);
                    colons = 0;
                }
                other => {
                    self.path(&std::mem::take(&mut names));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(&names);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Fn(f) => &f.attrs,
            ImplItem::Const(c) => &c.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if let Some((_, items)) = &module.content {
            self.module.push(module.ident.to_string());
            self.read(items);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names: Vec<Ident> = path.segments.iter().map(|s| s.ident.clone()).collect();
            self.path(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Fn(i) => &i.sig.ident,
        Item::Macro(i) => i.ident.as_ref()?,
        Item::Static(i) => &i.ident,
        Item::Struct(i) => &i.ident,
        Item::Trait(i) => &i.ident,
        Item::Type(i) => &i.ident,
        Item::Union(i) => &i.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

/// Whether `#[cfg(test)]` is among the attributes.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        matches!(&attribute.meta, Meta::List(list)
            if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}
