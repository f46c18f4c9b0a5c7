import { z } from 'zod';
import { artifactSchema as facts } from '#libs/events';
import { described } from './described.ts';

export const artifactShape = described(facts.shape, {
  name: 'The path of the file relative to the workspace, with `/` between names.',
  size: 'The size of the file, in bytes.',
  sha256: 'The SHA-256 of its bytes, 64 hexadecimal digits.',
  executable: 'True if the owner of the file may execute it; absent otherwise.',
});

export const artifactSchema = z
  .object(artifactShape)
  .meta({ id: 'Artifact', description: 'A file that an attempt left.' });
