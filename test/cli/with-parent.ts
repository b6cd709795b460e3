/**
 * Loaded before each command that a test starts: when the process of that test is gone, however it went, the command is told
 * to stop as an operator would tell it. A run of tests that was cut off leaves nothing behind.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref(); // Listening for that is no reason to live on.
