namespace LmmFunctional.Tests

open System
open System.Globalization
open NUnit.Framework
open FsCheck
open FsCheck.NUnit
open LmmFunctional

[<TestFixture>]
module CellTextTests =

    let private number (text: string) =
        let mutable value = 0.0
        if CellText.tryNumber text &value then Some value else None

    let private bits (value: float) = BitConverter.DoubleToInt64Bits value

    [<Property>]
    let ``every finite number is read back exactly`` (NormalFloat value) =
        let text = value.ToString("R", CultureInfo.InvariantCulture)
        number text |> Option.map bits = Some(bits value)

    // The short decimals of real data take a path of their own, which must round as the general parser does.
    [<Property>]
    let ``a short decimal is the nearest double`` (digits: int64) (decimals: byte) (isNegative: bool) =
        let digits = abs (digits % 1_000_000_000_000_000L)
        let text = (string digits).PadLeft(int (decimals % 16uy) + 1, '0')
        let point = text.Length - int (decimals % 16uy)
        let decimal = (if isNegative then "-" else "") + text.Insert(point, ".")
        number decimal |> Option.map bits = Some(bits (Double.Parse(decimal, CultureInfo.InvariantCulture)))

    [<TestCase("5", 5.0)>]
    [<TestCase("-0.5", -0.5)>]
    [<TestCase("+3", 3.0)>]
    [<TestCase(".5", 0.5)>]
    [<TestCase("5.", 5.0)>]
    [<TestCase("007", 7.0)>]
    [<TestCase("1e3", 1000.0)>]
    [<TestCase("1.5E-2", 0.015)>]
    [<TestCase(" 12 ", 12.0)>]
    [<TestCase("1000000000000.4", 1000000000000.4)>]
    [<TestCase("123456789012345678", 123456789012345678.0)>]
    [<TestCase("Inf", Double.PositiveInfinity)>]
    [<TestCase("-inf", Double.NegativeInfinity)>]
    [<TestCase("+Infinity", Double.PositiveInfinity)>]
    let ``a number in any notation`` (text: string, expected: float) =
        Assert.That(number text, Is.EqualTo(Some expected))

    [<TestCase("")>]
    [<TestCase(".")>]
    [<TestCase("-")>]
    [<TestCase("1,5")>]
    [<TestCase("1.2.3")>]
    [<TestCase("12a")>]
    [<TestCase("0x1F")>]
    [<TestCase("T1")>]
    let ``text that is no number`` (text: string) =
        Assert.That(number text, Is.EqualTo(None: float option))

    [<TestCase("", true)>]
    [<TestCase("NA", true)>]
    [<TestCase("nan", true)>]
    [<TestCase("NaN", true)>]
    [<TestCase("  NA ", true)>]
    [<TestCase("na", false)>]
    [<TestCase("0", false)>]
    [<TestCase("N/A", false)>]
    let ``missing cells`` (text: string, expected: bool) =
        Assert.That(CellText.isMissing text, Is.EqualTo expected)
