using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>Compares the gradients of a function with finite differences: the proof that a backward pass is right.</summary>
/// <remarks>
/// <code>
/// GradientCheck check = GradientCheck.Run(t => t[0].MatMul(t[1]).Gelu(), x, w);
/// Console.WriteLine(check);   // worst at input 1, element 7: backward 0.2513, differences 0.2514, error 4.1e-5
/// </code>
/// The output is reduced to one number s = Σ w·y with random signs w, so that errors cannot cancel. The derivative of s by element i is
/// estimated from four points, (8·(s(x+h) − s(x−h)) − (s(x+2h) − s(x−2h))) / 12h, whose error falls with h⁴. The sums are taken in float64,
/// but the function itself computes in float32: expect errors of about 1e-4, not 0, and none worth the name at a kink (relu at 0).
/// </remarks>
public sealed record GradientCheck
{
    /// <summary>The largest |backward − differences| / max(1, |differences|) over all elements of all inputs.</summary>
    public double Error { get; private init; }

    /// <summary>Which input the worst element belongs to.</summary>
    public int Input { get; private init; }

    /// <summary>The worst element's row-major place.</summary>
    public int Element { get; private init; }

    /// <summary>What backward says there.</summary>
    public double Backward { get; private init; }

    /// <summary>What finite differences say there.</summary>
    public double Differences { get; private init; }

    /// <summary>Checks every element of every float input.</summary>
    /// <param name="function">A pure function of the inputs: the same inputs give the same output.</param>
    /// <param name="inputs">Where to check. Int32 inputs are passed on and not checked.</param>
    public static GradientCheck Run(Func<Tensor[], Tensor> function, params Tensor[] inputs) => Run(function, 1e-2, inputs);

    /// <summary>Checks every element of every float input.</summary>
    /// <param name="function">A pure function of the inputs: the same inputs give the same output.</param>
    /// <param name="step">h; default 0.01, where float32's noise and the formula's own error are about equal for numbers around 1.</param>
    /// <param name="inputs">Where to check. Int32 inputs are passed on and not checked.</param>
    public static GradientCheck Run(Func<Tensor[], Tensor> function, double step, params Tensor[] inputs)
    {
        Tensor[] wrt = [.. inputs.Where(input => input.DType == DType.Float32)];
        using var tape = new Tape();
        tape.Watch(wrt);
        Tensor y = function(inputs);
        float[] signs = Signs(y.Shape.Elements);
        Gradients gradients = tape.Gradient(y, new Seeds(Tensor.From(signs, y.Shape.Prepend(1))), wrt);
        using Recorder.Pause pause = Recorder.Suspend();
        GradientCheck worst = new() { Error = -1 };
        for (int input = 0; input < inputs.Length; input++)
        {
            if (inputs[input].DType != DType.Float32)
            {
                continue;
            }
            float[] backward = gradients[inputs[input]].ToArray();
            for (int element = 0; element < backward.Length; element++)
            {
                double S(int steps) => Score(function, inputs, input, element, steps * step, signs);
                double differences = ((8 * (S(1) - S(-1))) - (S(2) - S(-2))) / (12 * step);
                double error = Math.Abs(backward[element] - differences) / Math.Max(1, Math.Abs(differences));
                if (!(error <= worst.Error))
                {
                    worst = new()
                    {
                        Error = error,
                        Input = input,
                        Element = element,
                        Backward = backward[element],
                        Differences = differences
                    };
                }
            }
        }
        return worst;
    }

    /// <summary>One line: where the worst element is and what both sides say.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"worst at input {Input}, element {Element}: backward {Backward:G6}, differences {Differences:G6}, error {Error:G2}");

    /// <summary>Σ w·y with one element of one input moved.</summary>
    private static double Score(Func<Tensor[], Tensor> function, Tensor[] inputs, int input, int element, double move, float[] signs)
    {
        float[] values = inputs[input].ToArray();
        values[element] = (float)(values[element] + move);
        Tensor[] moved = [.. inputs];
        moved[input] = Tensor.From(values, inputs[input].Shape);
        float[] y = function(moved).ToArray();
        double sum = 0;
        for (int i = 0; i < y.Length; i++)
        {
            sum += (double)signs[i] * y[i];
        }
        return sum;
    }

    private static float[] Signs(int count)
    {
        var random = new Random(20240229);
        float[] signs = new float[count];
        for (int i = 0; i < count; i++)
        {
            signs[i] = random.Next(2) == 0 ? -1 : 1;
        }
        return signs;
    }
}
