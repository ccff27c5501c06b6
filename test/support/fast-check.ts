import fc from 'fast-check';

// Property tests try the same values in every run, so that a run says something of the change before it. `PROPERTY_SEED=random` looks for new ones: what
// it finds becomes a test of its own.

const wanted = process.env['PROPERTY_SEED'] ?? '20261122';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });

export default fc;
