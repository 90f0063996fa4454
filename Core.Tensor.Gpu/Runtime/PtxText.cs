using System.Text.RegularExpressions;

namespace Vitrine.Tensors;

/// <summary>
/// PTX as ILGPU 1.5.3 makes it, with what that cannot say: fused multiply–add, an instruction instead of a call; and registers instead of
/// local memory where numbers pass to and from inline PTX.
/// </summary>
internal static partial class PtxText
{
    /// <summary>The text as a driver gets it.</summary>
    /// <param name="kernel">The kernel's name, for the message.</param>
    /// <param name="text">ILGPU's text.</param>
    /// <exception cref="DeviceException">Local memory is used otherwise than numbers that pass.</exception>
    public static string Of(string kernel, string text) => InRegisters(kernel, Call().Replace(Extern().Replace(text, ""),
        "\tfma.rn.f32\t${result}, ${a}, ${b}, ${c};"));

    /// <summary>
    /// The text with registers for places in local memory: each of four bytes, which is only loaded and stored as a whole. NVIDIA's
    /// assembler would find that out itself; here it can be tested without one.
    /// </summary>
    /// <exception cref="DeviceException">The address of a place is used otherwise, so that it cannot be a register.</exception>
    public static string InRegisters(string kernel, string text)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal); // register of an address: register of the place
        text = Place().Replace(text, "\t.reg .b32 %local$1;");
        text = Address().Replace(text, match =>
        {
            places.Add(match.Groups[1].Value, $"%local{match.Groups[2].Value}");
            return "";
        });
        text = Load().Replace(text, match => $"mov.{match.Groups[1].Value}\t{match.Groups[2].Value}, {places[match.Groups[3].Value]};");
        text = Store().Replace(text, match => $"mov.{match.Groups[1].Value}\t{places[match.Groups[2].Value]}, {match.Groups[3].Value};");
        Match other = Register().Matches(text).FirstOrDefault(match => places.ContainsKey(match.Value)) ?? Match.Empty;
        return !other.Success ? text : throw new DeviceException($"{kernel}: local memory is not only loaded and stored; got the address "
            + $"{other.Value} in another instruction; expected none. This is a mistake of ours.");
    }

    [GeneratedRegex(@"^\.extern \.func [^;]*\bFusedMultiplyAdd\([^;]*;\s*", RegexOptions.Multiline)]
    private static partial Regex Extern();

    [GeneratedRegex(@"^\t\{\s+\.param \.f32 callParam0;\s+st\.param\.f32\s+\[callParam0\], (?<a>\S+);\s+\.param \.f32 callParam1;\s+"
        + @"st\.param\.f32\s+\[callParam1\], (?<b>\S+);\s+\.param \.f32 callParam2;\s+st\.param\.f32\s+\[callParam2\], (?<c>\S+);\s+"
        + @"\.param \.f32 callRetVal;\s+call\.uni \(callRetVal\), FusedMultiplyAdd, \([^)]*\);\s+"
        + @"ld\.param\.f32\s+(?<result>\S+), \[callRetVal\];\s+\}", RegexOptions.Multiline)]
    private static partial Regex Call();

    [GeneratedRegex(@"^\t\.local \.align 4 \.b8 __local_depot(\d+)\[4\];", RegexOptions.Multiline)]
    private static partial Regex Place();

    [GeneratedRegex(@"^\tmov\.b64\t(%rd\d+), __local_depot(\d+);\r?\n", RegexOptions.Multiline)]
    private static partial Regex Address();

    [GeneratedRegex(@"\bld\.local\.(\w+)\t(%\w+), \[(%rd\d+)\];")]
    private static partial Regex Load();

    [GeneratedRegex(@"\bst\.local\.(\w+)\t\[(%rd\d+)\], (\S+);")]
    private static partial Regex Store();

    [GeneratedRegex(@"%rd\d+\b")]
    private static partial Regex Register();
}
