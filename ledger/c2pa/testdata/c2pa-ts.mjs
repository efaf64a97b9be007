// What @trustnxt/c2pa-ts, a reader in TypeScript, says of files:
//
//	node c2pa-ts.mjs FOLDER FILE…
//
// prints a JSON object: for each file whether it is valid, and the codes that it gave.
// FOLDER is where npm has installed the package.
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const root = path.join(folder, 'node_modules', '@trustnxt', 'c2pa-ts', 'dist');
const load = name => import(pathToFileURL(path.join(root, name, 'index.js')));
const { JPEG, PNG } = await load('asset');
const { SuperBox } = await load('jumbf');
const { ManifestStore } = await load('manifest');

const out = {};
for (const file of files) {
	try {
		const data = await fs.readFile(file);
		const asset = JPEG.canRead(data) ? new JPEG(data) : new PNG(data);
		const store = ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF()));
		const result = await store.validate(asset);
		out[path.basename(file)] = { valid: result.isValid, codes: result.statusEntries.map(e => `${e.code}${e.success ? '' : '!'}`) };
	} catch (e) {
		out[path.basename(file)] = { valid: false, codes: [String(e)] };
	}
}
console.log(JSON.stringify(out));
