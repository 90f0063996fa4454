using Vitrine.Tensors;

namespace Vitrine.Transformers;

/// <summary>
/// One token after the other: the best (greedy), or one drawn by its probability (sampling). Rows do not influence each other.
/// </summary>
internal sealed class Search(Decode decode, GenerationOptions options)
{
    public GenerationResult Run(Action<int, float> written, IProgress<int>? progress, CancellationToken cancellation)
    {
        var rules = new LogitRules(options, decode.PromptLength);
        int[] source = [.. Enumerable.Range(0, decode.Rows * options.NumReturnSequences).Select(row => row / options.NumReturnSequences)];
        Row[] rows = [.. source.Select((input, row) => new Row(input, decode.Prompts[input],
            new Random(unchecked((options.Seed * 1_000_003) + row))))];
        int pad = options.Fill;

        cancellation.ThrowIfCancellationRequested();
        Tensor logits = decode.Begin();
        for (int step = 1; ; step++)
        {
            float[] scores = logits.ToArray(), logP = logits.LogSoftmax().ToArray();
            int vocab = logits.Shape[1];
            bool isOpen = !rows[0].Done;
            for (int row = 0; row < rows.Length; row++)
            {
                int at = (step == 1 ? source[row] : row) * vocab;   // the prompts are read once, whatever is made of them
                rows[row].Append(scores.AsSpan(at, vocab).ToArray(), logP.AsSpan(at, vocab), rules, options, pad);
            }
            if (isOpen)
            {
                written(rows[0].Ids[^1], rows[0].LastLogP);
            }
            progress?.Report(step);
            if (step == options.MaxNewTokens || Array.TrueForAll(rows, row => row.Done))
            {
                return new([.. rows.Select(row => row.Result(decode.PromptLength))]);
            }
            cancellation.ThrowIfCancellationRequested();
            if (step == 1 && options.NumReturnSequences > 1)
            {
                decode.Reorder(source);
            }
            logits = decode.Step([.. rows.Select(row => row.Ids[^1])]);
        }
    }

    /// <summary>One sequence in the making.</summary>
    private sealed class Row(int input, int[] prompt, Random random)
    {
        private readonly List<float> _logP = [];
        private double _score;

        public List<int> Ids { get; } = [.. prompt];

        public bool Done { get; private set; }

        public float LastLogP => _logP[^1];

        public void Append(float[] logits, ReadOnlySpan<float> logP, LogitRules rules, GenerationOptions options, int pad)
        {
            if (Done)
            {
                Ids.Add(pad); // rows go on together; what comes after the end is dropped
                return;
            }
            rules.Apply(logits, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Ids));
            double logSum = LogSum(logits);
            int token;
            if (options.Sample)
            {
                float[] warped = [.. logits];
                rules.Warp(warped);
                token = Draw(warped, random);
            }
            else
            {
                token = Array.IndexOf(logits, logits.Max()); // the first of equals
            }
            Ids.Add(token);
            _logP.Add(logP[token]);
            _score += logits[token] - logSum;
            Done = options.EosIds.Contains(token);
        }

        public GeneratedSequence Result(int promptLength) => new(input, prompt, Ids.GetRange(promptLength, _logP.Count), _logP, _score);

        private static double LogSum(float[] logits)
        {
            float most = logits.Max();
            return most + Math.Log(logits.Sum(x => Math.Exp(x - most)));
        }

        private static int Draw(float[] logits, Random random)
        {
            float most = logits.Max();
            double[] weights = Array.ConvertAll(logits, x => Math.Exp(x - most));
            double left = random.NextDouble() * weights.Sum();
            int token = 0;
            while (token < weights.Length - 1 && left >= weights[token])
            {
                left -= weights[token++];
            }
            return weights[token] > 0 ? token : Array.IndexOf(logits, most); // rounding ran past the last possible token
        }
    }
}
