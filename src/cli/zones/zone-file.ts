import { MAX_ZONE_FILE_BYTES, parseZoneData, type ZoneData } from '../../domain/calendar/zones/zone-data.ts';
import type { CliContext } from '../context/context.ts';
import { CliFailure } from '../context/failure.ts';

/** @throws {CliFailure} when the file cannot be read or holds no zone data */
export async function readZoneFile(context: Pick<CliContext, 'readFile'>, file: string): Promise<ZoneData> {
  try {
    const text = await context.readFile(file);
    if (text.length > MAX_ZONE_FILE_BYTES) throw new RangeError(`more than ${MAX_ZONE_FILE_BYTES} bytes`);
    return parseZoneData(JSON.parse(text));
  } catch (error) {
    throw new CliFailure(`${file}: ${(error as Error).message}`);
  }
}
