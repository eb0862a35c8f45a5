// TYPE BODY FOLDER: the same as busboy reads it.
const busboy = require('busboy');
const fs = require('fs');

const [kind, body, folder] = process.argv.slice(2);
const parser = busboy({ headers: { 'content-type': kind }, limits: { fieldSize: 1 << 30 } });
parser.on('file', (name, stream, info) => {
  fs.writeFileSync(`${folder}/${name}.name`, info.filename);
  stream.pipe(fs.createWriteStream(`${folder}/${name}`));
});
parser.on('field', (name, value) => fs.writeFileSync(`${folder}/${name}`, value));
fs.createReadStream(body).pipe(parser);
