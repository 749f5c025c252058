// The emulated meter's heap with 32-bit words, as on an ESP32, measured in MicroPython's WebAssembly build.
//
//   cd SOME_EMPTY_FOLDER
//   npm install --ignore-scripts @micropython/micropython-webassembly-pyscript@1.27.0
//   node REPOSITORY/host/benchmarks/heap32.mjs [OPT_LEVEL]
//
// OPT_LEVEL is micropython.opt_level; 3 leaves line numbers out, as firmware/ports/esp32_meter does. Not part of
// any test run: it needs Node.js. Garbage is collected between calls, where no stack hides any.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGE = "@micropython/micropython-webassembly-pyscript/micropython.mjs";
const COLLECTIONS = 6;
const here = path.dirname(fileURLToPath(import.meta.url));
const firmware = path.join(here, "..", "..", "firmware");
const installed = createRequire(path.join(process.cwd(), "package.json")).resolve(PACKAGE);
const { loadMicroPython } = await import(pathToFileURL(installed));
const vm = await loadMicroPython({ heapsize: 256 * 1024, stdout: (line) => console.log(line), linebuffer: true });

function copy(from, to) {
  vm.FS.mkdir(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = `${to}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== "__pycache__") copy(source, target);
    else if (entry.name.endsWith(".py")) vm.FS.writeFile(target, fs.readFileSync(source));
  }
}

function allocated() {
  for (let turn = 0; turn < COLLECTIONS; turn += 1) vm.runPython("gc.collect()");
  vm.runPython("n = gc.mem_alloc()");
  return vm.globals.get("n");
}

vm.FS.mkdir("/fw");
for (const name of ["rigwire", "metersim"]) copy(path.join(firmware, name), `/fw/${name}`);
vm.FS.writeFile("/fw/meter_heap_probe.py", fs.readFileSync(path.join(here, "meter_heap_probe.py")));
vm.runPython("import gc, sys, micropython\nsys.path.insert(0, '/fw')");
vm.runPython(`micropython.opt_level(${Number(process.argv[2] ?? 0)})`);
vm.runPython("import meter_heap_probe as probe");
const before = allocated();
vm.runPython("steps = ' '.join(probe.STEPS)");
for (const name of vm.globals.get("steps").split(" ")) {
  vm.runPython(`probe.step("${name}")`);
  console.log(`${name.padEnd(20)} ${allocated() - before} B`);
}
