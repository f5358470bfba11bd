namespace LmmFunctional.Tests

open System
open System.Collections.Generic
open System.Numerics
open Expecto
open LmmFunctional

type Arm =
    | Treated
    | Control

type Visit = {
    Subject: string
    Week: int
    Score: float option
    Arm: Arm
    IsFemale: bool
    Dose: Nullable<decimal>
}

type Awkward = {
    Name: string
    Tags: List<int>
    Parent: obj
    Value: Result<int, string>
}

type Base() =
    member _.First = 1

    member _.WriteOnly
        with set (_: int) = ()

    member _.Item
        with get (index: int) = index

type Derived() =
    inherit Base()
    member _.Second = "b"
    member _.Third = DayOfWeek.Monday

module RecordsTests =

    let private isFrame (expected: (string * Column) list) result =
        let found = Frames.outcome result
        Expect.isTrue (found = Ok expected) ($"%A{found}")

    [<Tests>]
    let tests =
        testList "RecordsTests" [
            testProperty
                "records equal the same columns made from arrays"
                (fun (rows: (string * int * float option * bool) list) ->
                    let visits =
                        rows
                        |> List.map (fun (subject, week, score, truth) -> {
                            Subject = subject
                            Week = week
                            Score = score
                            Arm = if truth then Treated else Control
                            IsFemale = truth
                            Dose = if truth then Nullable 2.5m else Nullable()
                        })

                    let truths = rows |> List.map (fun (_, _, _, truth) -> truth)

                    let columns = [
                        "Subject", Column.ofStrings (rows |> List.map (fun (subject, _, _, _) -> subject))
                        "Week", Column.ofInts (rows |> List.map (fun (_, week, _, _) -> week))
                        "Score",
                        Column.ofFloats (rows |> List.map (fun (_, _, score, _) -> Option.defaultValue nan score))
                        "Arm",
                        Column.ofStrings (truths |> List.map (fun truth -> if truth then "Treated" else "Control"))
                        "IsFemale",
                        Column.ofStrings (truths |> List.map (fun truth -> if truth then "TRUE" else "FALSE"))
                        "Dose", Column.ofFloats (truths |> List.map (fun truth -> if truth then 2.5 else nan))
                    ]

                    match rows with
                    | [] -> Frames.problems (Records.toFrame visits) = [ "The sequence has no rows." ]
                    | _ -> Frames.outcome (Records.toFrame visits) = Ok columns)

            testCase "every numeric type is numeric" (fun () ->
                let row = {|
                    A = 1uy
                    B = 2y
                    C = 3s
                    D = 4us
                    E = 5
                    F = 6u
                    G = 7L
                    H = 8UL
                    I = 9.5f
                    J = 10.5
                    K = 11.5m
                    L = 12n
                    M = 13un
                    N = Half.One
                    O = Int128.One
                    P = UInt128.One
                    Q = 17I
                |}

                let values = [
                    1.0
                    2.0
                    3.0
                    4.0
                    5.0
                    6.0
                    7.0
                    8.0
                    9.5
                    10.5
                    11.5
                    12.0
                    13.0
                    1.0
                    1.0
                    1.0
                    17.0
                ]

                Records.toFrame [ row ]
                |> isFrame (
                    List.zip [ for c in 'A' .. 'Q' -> string c ] [ for value in values -> Column.ofFloats [ value ] ]
                ))

            testCase "dates are days since 1970 and durations are days" (fun () ->
                let noon = DateTime(1970, 1, 2, 12, 0, 0)

                let row = {|
                    A = noon
                    B = DateTimeOffset(noon, TimeSpan.FromHours 6.0)
                    C = DateOnly(1971, 1, 1)
                    D = TimeSpan.FromHours 36.0
                    E = TimeOnly(6, 0)
                |}

                Records.toFrame [ row ]
                |> isFrame [
                    "A", Column.ofFloats [ 1.5 ]
                    "B", Column.ofFloats [ 1.25 ]
                    "C", Column.ofFloats [ 365.0 ]
                    "D", Column.ofFloats [ 1.5 ]
                    "E", Column.ofFloats [ 0.25 ]
                ])

            testCase "enumerations, characters and identifiers are categories" (fun () ->
                let row = {|
                    A = DayOfWeek.Friday
                    B = 'x'
                    C = Guid.Empty
                    D = Nullable DayOfWeek.Monday
                |}

                Records.toFrame [ row ]
                |> isFrame [
                    "A", Column.ofStrings [ "Friday" ]
                    "B", Column.ofStrings [ "x" ]
                    "C", Column.ofStrings [ "00000000-0000-0000-0000-000000000000" ]
                    "D", Column.ofStrings [ "Monday" ]
                ])

            testCase "None, ValueNone and null are missing" (fun () ->
                let rows = [
                    {|
                        A = Some 1
                        B = ValueSome "b"
                        C = Some(Some 2.5)
                        D = Some Control
                    |}
                    {|
                        A = None
                        B = ValueNone
                        C = Some None
                        D = None
                    |}
                ]

                Records.toFrame rows
                |> isFrame [
                    "A", Column.ofFloats [ 1.0; nan ]
                    "B", Column.ofStrings [ "b"; "" ]
                    "C", Column.ofFloats [ 2.5; nan ]
                    "D", Column.ofStrings [ "Control"; "" ]
                ])

            testCase "objects give their readable properties, those of the base class first" (fun () ->
                Records.toFrame [ Derived() ]
                |> isFrame [
                    "First", Column.ofInts [ 1 ]
                    "Second", Column.ofStrings [ "b" ]
                    "Third", Column.ofStrings [ "Monday" ]
                ])

            testCase "every property of another type is told" (fun () ->
                let rows: Awkward list = []
                let problems = Records.toFrame rows |> Frames.problems

                let expected = [
                    "Column 'Tags' has type List; use numbers, text, booleans, dates or enumerations."
                    "Column 'Parent' has type Object; use numbers, text, booleans, dates or enumerations."
                    "Column 'Value' has type FSharpResult; use numbers, text, booleans, dates or enumerations."
                ]

                problems |> Texts.equal expected)

            testCase "plain values are a mistake in the program" (fun () ->
                let expected =
                    "Double has no properties to make columns of; use Frame.ofColumns. (Parameter 'rows')"

                Check.equal expected (Texts.ofMistake (fun () -> Records.toFrame [ 1.0 ])))

            testCase "an element that is null is a mistake in the program" (fun () ->
                let rows: Base seq = [| Base(); Unchecked.defaultof<Base> |]

                Check.equal "Element 1 is null. (Parameter 'rows')" (Texts.ofMistake (fun () -> Records.toFrame rows)))
        ]
