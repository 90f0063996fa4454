#:project ../Core.Autograd/Core.Autograd.csproj
// Lesson 1. A tensor is numbers with a shape; a tape remembers what was computed, and walks back from a result to its causes.
//   dotnet run lessons/01-tensors-and-tape.cs
using Vitrine.Autograd;
using Vitrine.Tensors;

// 1. A shape says how a row of numbers is read.
Tensor x = Tensor.From([1f, 2, 3, 4, 5, 6], [2, 3]);                  // two rows of three
Tensor weights = Tensor.From([1f, 0, 0, 1, 1, 1], [3, 2]);
Console.WriteLine($"x has shape {x.Shape}; x·W has {x.MatMul(weights).Shape}: [{string.Join(" ", x.MatMul(weights).ToArray())}]");

// 2. Smaller shapes are repeated along axes of length one, which is called broadcasting.
Tensor shift = Tensor.From([10f, 20, 30], [3]);
Console.WriteLine($"x + [10 20 30] = [{string.Join(" ", (x + shift).ToArray())}]");

// 3. A tape records operations. Its gradient says how much the output changes when an input does.
using (var tape = new Tape())
{
    Tensor y = (x * x).Sum();                                         // Σ x²
    Tensor slope = tape.Gradient(y, x)[x];                            // 2x, for d x²/dx = 2x
    Console.WriteLine($"d Σx² / dx = [{string.Join(" ", slope.ToArray())}] after {tape.Count} recorded operations");
}

// 4. Never trust a gradient that was not checked: nudge an input both ways and look at what happens.
float Loss(Tensor at) => at.Tanh().Softmax().Select(0, 0).Select(0, 2).Item();
Tensor gradient;
using (var tape = new Tape())
{
    Tensor loss = x.Tanh().Softmax().Select(0, 0).Select(0, 2);
    gradient = tape.Gradient(loss, x)[x];
}
const float Step = 1e-2f;
for (int i = 0; i < 3; i++)
{
    float[] up = x.ToArray(), down = x.ToArray();
    (up[i], down[i]) = (up[i] + Step, down[i] - Step);
    float measured = (Loss(Tensor.From(up, x.Shape)) - Loss(Tensor.From(down, x.Shape))) / (2 * Step);
    Console.WriteLine($"input {i}: backward {gradient.ToArray()[i]:+0.0000;-0.0000}, measured {measured:+0.0000;-0.0000}");
}

// 5. Learning is walking against the gradient: find the line through points that lie on y = 3a − 1.
Tensor a = Tensor.From([0f, 1, 2, 3], [4]), target = a.Scale(3, -1), k = Tensor.Scalar(0), b = Tensor.Scalar(0);
for (int step = 1; step <= 200; step++)
{
    using var tape = new Tape();
    Tensor error = ((a * k) + b) - target, loss = (error * error).Mean();
    Gradients slopes = tape.Gradient(loss, k, b);
    (k, b) = (k - slopes[k].Scale(0.1f), b - slopes[b].Scale(0.1f));  // a tensor never changes: a step makes new ones
    if (step % 50 == 0) Console.WriteLine($"step {step}: y = {k.Item():0.000}·a {b.Item():+0.000;-0.000}, loss {loss.Item():0.00000}");
}

// Exercises (answers in lessons/README.md)
// 1. By how much does the number of recorded operations grow for ((x * x) + x).Sum(), and why is x itself not among them?
// 2. Make Step 1e-6. Why do backward and measured part ways, although a smaller step should measure better?
// 3. With 0.3 in place of 0.1 the line is never found. What happens, and why does the size of a matter?
