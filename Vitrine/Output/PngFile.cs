using System.Reflection;

namespace Vitrine;

/// <summary>
/// Turns a picture into PNG by the part of Vitrine that draws, the package <c>Vitrine.Drawing</c>, which is loaded when it is first needed.
/// </summary>
/// <remarks>The library itself needs no package: a program that writes no PNG carries no native code for it.</remarks>
public static class PngFile
{
    private const string Part = "Vitrine.Drawing.SvgPainter, Vitrine.Drawing";

    private static readonly Lazy<Func<string, Action<string>?, bool, byte[]>?> s_painter = new(() => Type.GetType(Part)
        ?.GetMethod("Png", BindingFlags.Public | BindingFlags.Static, [typeof(string), typeof(Action<string>), typeof(bool)])
        ?.CreateDelegate<Func<string, Action<string>?, bool, byte[]>>());

    private static readonly Lazy<Action?> s_check = new(() => Type.GetType(Part)
        ?.GetMethod("Check", BindingFlags.Public | BindingFlags.Static, [])?.CreateDelegate<Action>());

    /// <summary>Finds out before long work whether there is something to draw with, and a font to draw in.</summary>
    /// <exception cref="RequestException">There is not.</exception>
    public static void Check() => Try(() =>
    {
        _ = Painter();
        s_check.Value?.Invoke();
        return true;
    });

    /// <summary>Draws.</summary>
    /// <param name="svg">The picture.</param>
    /// <param name="notice">Told which characters no font has; they are drawn as frames with their number.</param>
    /// <param name="isDark">On dark paper.</param>
    /// <returns>The bytes of the file, two pixels per unit of the picture.</returns>
    /// <exception cref="RequestException">The part that draws is missing, does not run on this system, or there is no font.</exception>
    public static byte[] Draw(string svg, Action<string>? notice = null, bool isDark = false) => Try(() => Painter()(svg, notice, isDark));

    private static T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException e)
        {
            throw new RequestException(Fault.Output, e.Message, e);
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or BadImageFormatException)
        {
            throw new RequestException(Fault.Output,
                $"png: its native code does not run here; got {(e.InnerException ?? e).Message.Split('\n')[0].TrimEnd('.')}. "
                    + "Write SVG instead.", e);
        }
    }

    private static Func<string, Action<string>?, bool, byte[]> Painter() => s_painter.Value
        ?? throw new RequestException(Fault.Output,
            "png: the part that draws is missing; got no assembly Vitrine.Drawing. Add the package Vitrine.Drawing, or write SVG.");
}
