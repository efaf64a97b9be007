// What Digital Bazaar's verifier of Verifiable Credentials, which shares no code with
// ours, says and does:
//
//	node vc.mjs FOLDER CONTEXTURL CONTEXTFILE < {"verify": {…}, "issue": {…}, "seed": "hex"}
//
// verifies credentials, says whether JSON-LD knows every term of them, and issues
// documents with the key of the seed. FOLDER is where npm has installed it.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, contextURL, contextFile] = process.argv.slice(2);
const modules = path.join(folder, 'node_modules');
const load = async name => {
	const at = path.join(modules, ...name.split('/'));
	const { exports: e, main, module } = JSON.parse(fs.readFileSync(path.join(at, 'package.json')));
	const entry = typeof e === 'string' ? e : e?.import ?? e?.['.']?.import ?? e?.default ?? module ?? main;
	return import(pathToFileURL(path.join(at, typeof entry === 'string' ? entry : entry.default)));
};
const { DataIntegrityProof } = await load('@digitalbazaar/data-integrity');
const { createSignCryptosuite, createVerifyCryptosuite } = await load('@digitalbazaar/eddsa-jcs-2022-cryptosuite');
const Ed25519Multikey = await load('@digitalbazaar/ed25519-multikey');
const { driver } = await load('@digitalbazaar/did-method-key');
const { contexts } = await load('@digitalbazaar/credentials-context');
const vc = await load('@digitalbazaar/vc');
const jsonld = (await load('jsonld')).default;

const didKey = driver();
didKey.use({ multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from });
const documentLoader = async url => {
	let document;
	if (url === contextURL) {
		document = JSON.parse(fs.readFileSync(contextFile));
	} else if (contexts.has(url)) {
		document = contexts.get(url);
	} else if (url.startsWith('did:key:')) {
		document = await didKey.get({ url });
	} else {
		throw new Error(`there is no network for ${url}`);
	}
	return { contextUrl: null, documentUrl: url, document };
};

const input = JSON.parse(fs.readFileSync(0));
const out = { verify: {}, issue: {}, terms: {} };
for (const [name, credential] of Object.entries(input.verify ?? {})) {
	const suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
	const { verified, error } = await vc.verifyCredential({ credential, suite, documentLoader });
	out.verify[name] = verified ? '' : [error?.message, ...(error?.errors ?? []).map(e => e.message)].join('; ') || 'not verified';
	try {
		await jsonld.expand(credential, { documentLoader, safe: true });
		out.terms[name] = '';
	} catch (e) {
		out.terms[name] = `${e.message} ${JSON.stringify(e.details?.event ?? e.details ?? {})}`;
	}
}
if (input.issue) {
	const key = await Ed25519Multikey.generate({ seed: Buffer.from(input.seed, 'hex') });
	const multibase = key.publicKeyMultibase;
	key.controller = `did:key:${multibase}`;
	key.id = `${key.controller}#${multibase}`;
	for (const [name, credential] of Object.entries(input.issue)) {
		const suite = new DataIntegrityProof({ signer: key.signer(), date: '2026-05-04T12:00:00Z', cryptosuite: createSignCryptosuite() });
		out.issue[name] = await vc.issue({ credential, suite, documentLoader });
	}
}
process.stdout.write(JSON.stringify(out));
