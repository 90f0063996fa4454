namespace Vitrine.Tensors;

/// <summary>The public verbs: what can be computed with tensors. Every one is recorded by the ambient tape, and has a gradient.</summary>
public static class TensorOps
{
    /// <summary>y = op(A)·op(B) [+ bias] over the last two axes; leading axes broadcast.</summary>
    /// <param name="a"><c>[…, m, k]</c>, or <c>[…, k, m]</c> when <paramref name="transposeA"/>.</param>
    /// <param name="b"><c>[…, k, n]</c>, or <c>[…, n, k]</c> when <paramref name="transposeB"/>.</param>
    /// <param name="bias"><c>[n]</c>, added to every row.</param>
    /// <param name="transposeA">Use Aᵀ.</param>
    /// <param name="transposeB">Use Bᵀ.</param>
    /// <returns><c>[…, m, n]</c></returns>
    /// <exception cref="ShapeException">The inner axes differ.</exception>
    public static Tensor MatMul(this Tensor a, Tensor b, Tensor? bias = null, bool transposeA = false, bool transposeB = false) =>
        bias is null ? Op.Apply(new MatMul(transposeA, transposeB), a, b) : Op.Apply(new MatMul(transposeA, transposeB), a, b, bias);

    /// <summary>y = X·W [+ bias] with 8-bit weights, as they are or transposed. Gradients go to x and the bias.</summary>
    /// <param name="x"><c>[…, rows]</c>, or <c>[…, columns]</c> when <paramref name="transposeB"/>.</param>
    /// <param name="w"><c>[rows, columns]</c></param>
    /// <param name="bias">Added to every row of y.</param>
    /// <param name="transposeB">Use Wᵀ: a row of W makes one output.</param>
    /// <returns><c>[…, columns]</c>, or <c>[…, rows]</c>.</returns>
    /// <exception cref="ShapeException">The inner axes differ.</exception>
    public static Tensor MatMul(this Tensor x, Int8Matrix w, Tensor? bias = null, bool transposeB = false)
    {
        Tensor y = bias is null ? Op.Apply(new Int8MatMul(transposeB), x, w.Values, w.Scale) : Op.Apply(new Int8MatMul(transposeB), x, w.Values, w.Scale, bias);
        return w.Outliers is { } outliers ? y + outliers.Product(x, transposeB) : y;
    }

    /// <summary>z = softmax(scale · q·kᵀ + mask)·v per head; the pattern is never stored (Vaswani et al. 2017; Dao et al. 2022).</summary>
    /// <param name="q"><c>[batch, query, head, d_head]</c>; strided views are read in place.</param>
    /// <param name="k"><c>[batch, key, kv_head, d_head]</c>; kv_head divides head (grouped queries).</param>
    /// <param name="v">As <paramref name="k"/>.</param>
    /// <param name="mask">Added to the scores, broadcast to <c>[batch, head, query, key]</c>; −∞ hides. A constant: it has no gradient.</param>
    /// <param name="causal">Query i sees keys up to i + (keys − queries).</param>
    /// <param name="scale">Usually 1/√d_head.</param>
    /// <returns><c>[batch, query, head, d_head]</c>; 0 where every key is hidden.</returns>
    public static Tensor Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, float scale) =>
        mask is null ? Op.Apply(new Attention(causal, scale), q, k, v) : Op.Apply(new Attention(causal, scale), q, k, v, mask);

    /// <summary>y = gamma · (x − mean) / √(variance + epsilon) + beta over the last axis (Ba et al. 2016).</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="gamma"><c>[d]</c></param>
    /// <param name="beta"><c>[d]</c></param>
    /// <param name="epsilon">Keeps the root away from 0; 1e-5 in GPT-2, 1e-12 in BERT.</param>
    public static Tensor LayerNorm(this Tensor x, Tensor gamma, Tensor beta, float epsilon) => Op.Apply(new LayerNorm(epsilon), x, gamma, beta);

    /// <summary>y = gamma · x / √(mean(x²) + epsilon) over the last axis (Zhang and Sennrich 2019).</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="gamma"><c>[d]</c></param>
    /// <param name="epsilon">Keeps the root away from 0; 1e-5 or 1e-6 in Llama.</param>
    public static Tensor RmsNorm(this Tensor x, Tensor gamma, float epsilon) => Op.Apply(new RmsNorm(epsilon), x, gamma);

    /// <summary>y = e^(x + mask) / Σ e^(x + mask) over the last axis; the row maximum is subtracted first, so nothing overflows.</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="mask">Added to x, broadcast; −∞ hides a place. A row with everything hidden gives 0.</param>
    public static Tensor Softmax(this Tensor x, Tensor? mask = null) => mask is null ? Op.Apply(new Softmax(), x) : Op.Apply(new Softmax(), x, mask);

    /// <summary>y = ln softmax(x) over the last axis, in nats, without forming the probabilities.</summary>
    /// <param name="x"><c>[…, d]</c></param>
    public static Tensor LogSoftmax(this Tensor x) => Op.Apply(new LogSoftmax(), x);

    /// <summary>y = x · Φ(x), Φ the standard normal distribution: the exact (erf) form; <c>gelu</c> of BERT.</summary>
    public static Tensor Gelu(this Tensor x) => Op.Apply(new Gelu(), x);

    /// <summary>y = ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))): the tanh form; <c>gelu_new</c> of GPT-2.</summary>
    public static Tensor GeluTanh(this Tensor x) => Op.Apply(new GeluTanh(), x);

    /// <summary>y = max(x, 0).</summary>
    public static Tensor Relu(this Tensor x) => Op.Apply(new Relu(), x);

    /// <summary>y = x / (1 + e⁻ˣ), also called swish.</summary>
    public static Tensor Silu(this Tensor x) => Op.Apply(new Silu(), x);

    /// <summary>y = tanh x.</summary>
    public static Tensor Tanh(this Tensor x) => Op.Apply(new Tanh(), x);

    /// <summary>y = 1 / (1 + e⁻ˣ).</summary>
    public static Tensor Sigmoid(this Tensor x) => Op.Apply(new Sigmoid(), x);

    /// <summary>y = eˣ.</summary>
    public static Tensor Exp(this Tensor x) => Op.Apply(new Exp(), x);

    /// <summary>y = ln x; −∞ at 0, NaN below.</summary>
    public static Tensor Log(this Tensor x) => Op.Apply(new Log(), x);

    /// <summary>y = √x; NaN below 0. The gradient at 0 is infinite.</summary>
    public static Tensor Sqrt(this Tensor x) => Op.Apply(new Sqrt(), x);

    /// <summary>y = |x|; the gradient at 0 is 0.</summary>
    public static Tensor Abs(this Tensor x) => Op.Apply(new Abs(), x);

    /// <summary>y = xᵖ for a constant p; NaN for negative x unless p is whole.</summary>
    public static Tensor Pow(this Tensor x, float p) => Op.Apply(new Pow(p), x);

    /// <summary>Rows of a table by number: y[…, ·] = table[ids[…], ·], e.g. token embeddings.</summary>
    /// <param name="table"><c>[rows, …d]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, each in 0 … rows − 1.</param>
    /// <returns><c>[…ids, …d]</c></returns>
    /// <exception cref="ShapeException">A number lies outside the table.</exception>
    public static Tensor Gather(this Tensor table, Tensor ids) => Op.Apply(new Gather(), table, ids);

    /// <summary>Rows of an 8-bit table: y[…, ·] = table[ids[…], ·].</summary>
    /// <param name="table"><c>[rows, d]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, each in 0 … rows − 1.</param>
    /// <returns>float32 <c>[…, d]</c></returns>
    /// <exception cref="ShapeException">A number is outside the table.</exception>
    public static Tensor Gather(this Int8Matrix table, Tensor ids)
    {
        Tensor y = Op.Apply(new Int8Gather(), table.Values, table.Scale, ids);
        return table.Outliers is { } outliers ? y + outliers.Gather(ids) : y;
    }

    /// <summary>y = <paramref name="value"/> where the mask is not 0, x elsewhere.</summary>
    /// <param name="x"><c>[…]</c></param>
    /// <param name="mask">int32, broadcast to x.</param>
    /// <param name="value">What is put in, e.g. −∞ before a softmax.</param>
    public static Tensor MaskedFill(this Tensor x, Tensor mask, float value) => Op.Apply(new MaskedFill(value), x, mask);

    /// <summary>y = factor · x + shift.</summary>
    public static Tensor Scale(this Tensor x, float factor, float shift = 0) => Op.Apply(new Scale(factor, shift), x);

    /// <summary>The same elements in row-major order under another shape.</summary>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    public static Tensor Reshape(this Tensor x, Shape shape) => x.Shape == shape ? x : Op.Apply(new Reshape(shape), x);

    /// <summary>Axes in another order: output axis i is input axis <c>order[i]</c>. Copies nothing.</summary>
    public static Tensor Permute(this Tensor x, params int[] order) => Op.Apply(new Permute(order), x);

    /// <summary>Two axes exchanged. Copies nothing.</summary>
    public static Tensor Transpose(this Tensor x, int first = -1, int second = -2)
    {
        int[] order = [.. Enumerable.Range(0, x.Shape.Rank)];
        (first, second) = (x.Shape.Axis(first, "transpose"), x.Shape.Axis(second, "transpose"));
        (order[first], order[second]) = (second, first);
        return x.Permute(order);
    }

    /// <summary>Elements <paramref name="start"/> … <paramref name="start"/> + <paramref name="length"/> − 1 of one axis. Copies nothing.</summary>
    public static Tensor Slice(this Tensor x, int axis, int start, int length) => Op.Apply(new Slice(x.Shape.Axis(axis, "slice"), start, length), x);

    /// <summary>Element <paramref name="index"/> of one axis, which disappears. Copies nothing unless the rest is strided.</summary>
    public static Tensor Select(this Tensor x, int axis, int index)
    {
        axis = x.Shape.Axis(axis, "select");
        return x.Slice(axis, index, 1).Reshape(x.Shape.Without(axis));
    }

    /// <summary>Tensors one after the other along an axis; all other lengths must agree.</summary>
    public static Tensor Concat(int axis, params Tensor[] tensors) => Op.Apply(new Concat(tensors[0].Shape.Axis(axis, "concat")), tensors);

    /// <summary>Axes of length 1 repeated to a larger shape. Copies nothing.</summary>
    public static Tensor Expand(this Tensor x, Shape shape) => x.Shape == shape ? x : Op.Apply(new Expand(shape), x);

    /// <summary>Σ x over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named.</summary>
    public static Tensor Sum(this Tensor x, int[]? axes = null, bool keepAxes = false) => Reduce(x, axes, keepAxes, "sum", a => new Sum(a));

    /// <summary>The mean of x over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named.</summary>
    public static Tensor Mean(this Tensor x, int[]? axes = null, bool keepAxes = false) => Reduce(x, axes, keepAxes, "mean", a => new Mean(a));

    /// <summary>
    /// The maximum of x over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named. The gradient goes to the
    /// first of equal maxima.
    /// </summary>
    public static Tensor Max(this Tensor x, int[]? axes = null, bool keepAxes = false) => Reduce(x, axes, keepAxes, "max", a => new Max(a));

    /// <summary>√Σ x² over axes, which disappear unless <paramref name="keepAxes"/>; over all axes when none is named. The gradient at 0 is 0.</summary>
    public static Tensor Norm(this Tensor x, int[]? axes = null, bool keepAxes = false) => Reduce(x, axes, keepAxes, "norm", a => new Norm(a));

    /// <summary>The mean over the counted rows of −ln softmax(logits)[target], in nats; computed stably and without storing probabilities.</summary>
    /// <param name="logits"><c>[…, classes]</c></param>
    /// <param name="targets">int32 <c>[…]</c>, each in 0 … classes − 1 or the ignore index.</param>
    /// <param name="ignoreIndex">Rows with this target do not count. When no row counts, the result is 0.</param>
    /// <param name="labelSmoothing">The part of the target's probability, 0 to 1, that is spread over all classes (Szegedy et al. 2016).</param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ShapeException">The shapes do not fit, or a target is outside the classes.</exception>
    public static Tensor CrossEntropy(this Tensor logits, Tensor targets, int ignoreIndex = -100, float labelSmoothing = 0) =>
        Op.Apply(new CrossEntropy(ignoreIndex, labelSmoothing), logits, targets);

    /// <summary>KL(P‖Q) = Σ p · (ln p − ln q) over the last axis, in nats, from log-probabilities.</summary>
    /// <param name="logP"><c>[…, d]</c></param>
    /// <param name="logQ"><c>[…, d]</c></param>
    /// <returns><c>[…]</c></returns>
    public static Tensor KlDiv(this Tensor logP, Tensor logQ) => Op.Apply(new KlDiv(), logP, logQ);

    /// <summary>Each element is 0 with probability <paramref name="p"/>, else divided by 1 − p. The same seed gives the same mask, on any number of threads.</summary>
    /// <param name="x"><c>[…]</c></param>
    /// <param name="p">Probability of dropping, 0 ≤ p &lt; 1.</param>
    /// <param name="seed">A number of one's own for every layer and step.</param>
    public static Tensor Dropout(this Tensor x, float p, int seed) => Op.Apply(new Dropout(p, seed), x);

    /// <summary>One element of every row: y[…] = x[…, ids[…]], e.g. the log-probability of each target token.</summary>
    /// <param name="x"><c>[…, d]</c></param>
    /// <param name="ids">int32 <c>[…]</c>, each in 0 … d − 1.</param>
    /// <returns><c>[…]</c></returns>
    /// <exception cref="ShapeException">The shapes do not fit, or a place is outside the row.</exception>
    public static Tensor Pick(this Tensor x, Tensor ids) => Op.Apply(new Pick(), x, ids);

    extension(Tensor)
    {
        /// <summary>y = a + b, broadcast.</summary>
        public static Tensor operator +(Tensor a, Tensor b) => Op.Apply(new Add(), a, b);

        /// <summary>y = a − b, broadcast.</summary>
        public static Tensor operator -(Tensor a, Tensor b) => Op.Apply(new Sub(), a, b);

        /// <summary>y = a · b place by place, broadcast.</summary>
        public static Tensor operator *(Tensor a, Tensor b) => Op.Apply(new Mul(), a, b);

        /// <summary>y = a / b, broadcast.</summary>
        public static Tensor operator /(Tensor a, Tensor b) => Op.Apply(new Div(), a, b);
    }

    private static Tensor Reduce(Tensor x, int[]? axes, bool keepAxes, string op, Func<int[], Op> make)
    {
        int[] reduced = [.. (axes ?? [.. Enumerable.Range(0, x.Shape.Rank)]).Select(axis => x.Shape.Axis(axis, op)).Order()];
        if (reduced.Distinct().Count() != reduced.Length)
        {
            throw new ShapeException($"{op}: an axis is named twice; got [{string.Join(", ", reduced)}]; expected each axis of {x.Shape} at most once.");
        }
        Tensor y = Op.Apply(make(reduced), x);
        return keepAxes ? y : y.Reshape(reduced.Reverse().Aggregate(x.Shape, (shape, axis) => shape.Without(axis)));
    }
}
