using System.Globalization;
using System.Text.RegularExpressions;

namespace Vitrine.Training;

/// <summary>A file of further data: how much of it an epoch takes, and how sure its labels are.</summary>
/// <param name="File">As <see cref="TextLines"/> reads it: a path, or <c>label=path</c>.</param>
public sealed partial record DataPart(string File)
{
    /// <summary>How often a line is seen per epoch: 2 is twice, 0.25 a quarter of the lines, another one in every epoch. Above 0, at most
    /// 100. Default 1.</summary>
    public double Times { get; init; } = 1;

    /// <summary>Probability that a label of the file is right, above 0 and at most 1: what the model is to say of it. The rest is shared
    /// by the other labels. Default 1.</summary>
    public double Sure { get; init; } = 1;

    /// <summary>Reads <c>file[:times=x][:sure=p]</c>.</summary>
    /// <exception cref="TrainingException">A number is out of range.</exception>
    public static DataPart Parse(string text)
    {
        var part = new DataPart(text);
        while (Option().Match(part.File) is { Success: true } option)
        {
            string file = part.File[..option.Index];
            if (!double.TryParse(option.Groups[2].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out double x)
                || !(x > 0 && x <= (option.Groups[1].Value == "sure" ? 1 : 100)))
            {
                throw new TrainingException($"train: {option.Groups[1].Value} out of range; got '{option.Groups[2].Value}' for "
                    + $"'{file}'; expected a number above 0, at most {(option.Groups[1].Value == "sure" ? 1 : 100)}.");
            }
            part = option.Groups[1].Value == "sure" ? part with { File = file, Sure = x } : part with { File = file, Times = x };
        }
        return part;
    }

    [GeneratedRegex(@":(times|sure)=([^:]*)$")]
    private static partial Regex Option();
}
