#:project ../Core.Tensor/Core.Tensor.csproj
// Lesson 2. Attention with plain arrays: every position asks, every position answers, and the answers are mixed. Then with the engine.
//   dotnet run lessons/02-attention-by-hand.cs
using Vitrine.Tensors;

string[] words = ["the", "cat", "sat"];
const int Width = 4;
// What each word asks for (query), what it offers (key), and what it says when it is heard (value).
float[][] q = [[1, 0, 1, 0], [0, 2, 0, 1], [1, 1, 1, 1]];
float[][] k = [[0, 1, 0, 1], [2, 0, 1, 0], [1, 1, 0, 2]];
float[][] v = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]];

// 1. How well does an offer fit a question? Their product, number by number, added up; divided by √width, with which it would grow.
float Fit(int query, int key) => q[query].Zip(k[key], (a, b) => a * b).Sum() / MathF.Sqrt(Width);

// 2. Fits become shares: e to the power of each, divided by their sum. The largest is subtracted first, or e^fit could overflow.
float[] Shares(int query, bool causal)
{
    float[] fits = [.. words.Select((_, key) => causal && key > query ? float.NegativeInfinity : Fit(query, key))];
    float[] powers = [.. fits.Select(fit => MathF.Exp(fit - fits.Max()))];
    return [.. powers.Select(power => power / powers.Sum())];
}

// 3. What a word takes away is the mix of all values by those shares.
float[] Mix(int query, bool causal)
{
    float[] shares = Shares(query, causal);
    return [.. Enumerable.Range(0, Width).Select(d => shares.Select((share, key) => share * v[key][d]).Sum())];
}

for (int i = 0; i < words.Length; i++)
{
    Console.WriteLine($"{words[i]} looks at {string.Join(", ", words.Zip(Shares(i, false), (word, share) => $"{word} {share:P0}"))}"
        + $" and takes [{string.Join(" ", Mix(i, false).Select(x => x.ToString("0.00")))}]");
}

// 4. A model that writes must not look ahead: later words get no share. The last word sees the same as before.
for (int i = 0; i < words.Length; i++)
{
    Console.WriteLine($"{words[i]} looks back at {string.Join(", ", words.Zip(Shares(i, true), (word, share) => $"{word} {share:P0}"))}");
}

// 5. The same with tensors, four operations, and with the one fused operation that the models run.
Tensor Q = Of(q), K = Of(k), V = Of(v);                                           // [batch, position, head, width], one head
Tensor scores = Rows(Q).MatMul(Rows(K), transposeB: true).Scale(1 / MathF.Sqrt(Width));
Tensor plain = scores.Softmax().MatMul(Rows(V));
Tensor fused = TensorOps.Attention(Q, K, V, null, causal: false, 1 / MathF.Sqrt(Width));
float[] mine = [.. Enumerable.Range(0, words.Length).SelectMany(i => Mix(i, false))];
Console.WriteLine($"largest difference by hand − four operations: {Difference(mine, plain.ToArray()):0.0e0}");
Console.WriteLine($"largest difference by hand − fused: {Difference(mine, fused.ToArray()):0.0e0}");

static Tensor Of(float[][] rows) => Tensor.From([.. rows.SelectMany(row => row)], [1, rows.Length, 1, Width]);

static Tensor Rows(Tensor x) => x.Select(2, 0);                                   // [batch, position, width]

static float Difference(float[] a, float[] b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();

// Exercises (answers in lessons/README.md)
// 1. Multiply all queries by 10. What do the shares become, and what by 0? What does that say about the size of weights?
// 2. Give two words the same key. Can any query tell them apart? What could be added to the keys so that it can?
// 3. The scores of n words are n² numbers. Which of them does the fused operation keep?
