module LmmFunctional.Tests.CellTextTests

open System
open System.Globalization
open Expecto
open FsCheck
open LmmFunctional.Data

let private number (text: string) =
    let mutable value = 0.0
    if CellText.tryNumber text &value then Some value else None

let private bits (value: float) = BitConverter.DoubleToInt64Bits value

[<Tests>]
let tests =
    testList "CellTextTests" [
        testProperty "every finite number is read back exactly" (fun (NormalFloat value) ->
            let text = value.ToString("R", CultureInfo.InvariantCulture)
            number text |> Option.map bits = Some(bits value))

        // The short decimals of real data take a path of their own, which must round as the general parser does.
        testProperty "a short decimal is the nearest double" (fun (digits: int64) (decimals: byte) (isNegative: bool) ->
            let digits = abs (digits % 1_000_000_000_000_000L)
            let text = (string digits).PadLeft(int (decimals % 16uy) + 1, '0')
            let point = text.Length - int (decimals % 16uy)
            let decimal = (if isNegative then "-" else "") + text.Insert(point, ".")
            number decimal |> Option.map bits = Some(bits (Double.Parse(decimal, CultureInfo.InvariantCulture))))

        testCases
            "a number in any notation"
            [
                "5", 5.0
                "-0.5", -0.5
                "+3", 3.0
                ".5", 0.5
                "5.", 5.0
                "007", 7.0
                "1e3", 1000.0
                "1.5E-2", 0.015
                " 12 ", 12.0
                "1000000000000.4", 1000000000000.4
                "123456789012345678", 123456789012345678.0
                "Inf", Double.PositiveInfinity
                "-inf", Double.NegativeInfinity
                "+Infinity", Double.PositiveInfinity
            ]
            (fun (text: string, expected: float) -> Check.equal (Some expected) (number text))

        testCases "text that is no number" [ ""; "."; "-"; "1,5"; "1.2.3"; "12a"; "0x1F"; "T1" ] (fun (text: string) ->
            Check.equal (None: float option) (number text))

        testCases
            "missing cells"
            [
                "", true
                "NA", true
                "nan", true
                "NaN", true
                "  NA ", true
                "na", false
                "0", false
                "N/A", false
            ]
            (fun (text: string, expected: bool) -> Check.equal expected (CellText.isMissing text))
    ]
