import * as z from 'zod';

/** A system call that a server sat in while requests to it waited. */
export const serverCallSchema = z.object({
  machine: z.string(),
  pid: z.int(),
  process: z.string(),
  name: z.string().describe('of the call'),
  arguments: z.string().describe('of the longest one, as trace syscalls prints them'),
  file: z.string().optional().describe('behind its descriptor'),
  kernelStack: z.array(z.string()).optional().describe('of the longest one, where it left the CPU; innermost first'),
  userStack: z.array(z.string()).optional(),
  calls: z.int().describe('that lay within the time that requests waited'),
  longestNs: z.int(),
  requests: z.int().describe('slow requests that such calls cover by half of their time and more'),
  of: z.int().describe('slow requests since the server was traced'),
});
export type ServerCall = z.infer<typeof serverCallSchema>;
