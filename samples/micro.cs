// A tape for single numbers: what Core.Autograd/Tape.cs does for tensors. It learns exclusive or.
//   dotnet run samples/micro.cs
var random = new Random(3);
Value[] w = [.. Enumerable.Range(0, 17).Select(_ => new Value((random.NextDouble() * 2) - 1))]; // 2 inputs, 4 hidden, 1 output
(double A, double B, double Target)[] table = [(0, 0, -1), (0, 1, 1), (1, 0, 1), (1, 1, -1)];

for (int step = 1; step <= 500; step++)
{
    Tape.Entries.Clear();                                   // a new tape for every step
    Value loss = new(0);
    foreach ((double a, double b, double target) in table)
    {
        Value error = Network(a, b) + new Value(-target);
        loss += error * error;
    }
    Tape.Backward(loss);
    foreach (Value weight in w)
    {
        weight.Data -= 0.1 * weight.Gradient;               // gradient descent
        weight.Gradient = 0;
    }
    if (step % 100 == 0) Console.WriteLine($"step {step}: loss {loss.Data:0.0000}");
}
foreach ((double a, double b, _) in table) Console.WriteLine($"{a} xor {b} → {(Network(a, b).Data > 0 ? 1 : 0)}");

Value Network(double a, double b)
{
    Value y = w[16];
    for (int i = 0; i < 4; i++) y += w[12 + i] * ((w[i] * new Value(a)) + (w[4 + i] * new Value(b)) + w[8 + i]).Tanh();
    return y;
}

sealed class Value(double data)                             // a number, and how much the result changes with it
{
    public double Data = data, Gradient;
    public static Value operator +(Value a, Value b) => Tape.Record(a.Data + b.Data, (a, 1), (b, 1));
    public static Value operator *(Value a, Value b) => Tape.Record(a.Data * b.Data, (a, b.Data), (b, a.Data));
    public Value Tanh() => Math.Tanh(Data) is var y ? Tape.Record(y, (this, 1 - (y * y))) : this;
}

static class Tape                                           // every operation in the order in which it ran, with its slopes
{
    public static readonly List<(Value Output, (Value Input, double Slope)[] From)> Entries = [];

    public static Value Record(double data, params (Value, double)[] from)
    {
        var output = new Value(data);
        Entries.Add((output, from));
        return output;
    }

    public static void Backward(Value result)               // the chain rule, from the last operation to the first
    {
        result.Gradient = 1;
        for (int i = Entries.Count - 1; i >= 0; i--)
            foreach ((Value input, double slope) in Entries[i].From) input.Gradient += Entries[i].Output.Gradient * slope;
    }
}
