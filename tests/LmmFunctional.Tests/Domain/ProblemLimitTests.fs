/// <summary>Every list of problems, and every list of names in a message, has a limit and a count.</summary>
module LmmFunctional.Tests.ProblemLimitTests

open System
open System.IO
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional

// Twenty problems and the number of the others.
let private mostTold = 21

// The names in a message are as long as the user made them; there are no more than ten of them.
let private mostNames = 12

let private problem k = LmmError.SingleLevel $"f{k}"

let private names count = List.init count (fun k -> $"name{k}")

let private listing count = [
    LmmError.UnknownColumn("zzz", None, names count)
    LmmError.HeldInPart(names count, names count)
    LmmError.HeldImpossible(names count)
    LmmError.BoundInPart("x", names count)
    LmmError.PedigreeLoop(names count)
    LmmError.RepeatedAnimal("a", List.init count id)
    LmmError.UnknownMatrix("zzz", None, names count)
    LmmError.UnusedMatrix("A", names count)
    LmmError.LevelsNotInMatrix("A", "g", names count, count)
    LmmError.MissingLags("toep(t)", "t", List.init count float)
    LmmError.UnknownChoice("contrast", "x", names count)
    LmmError.NotEstimable("h", names count)
    LmmError.NoSubjects(names count)
    LmmError.UnknownCluster("c", names count)
    LmmError.NoCluster(names count)
    LmmError.NotInModel("covariate", "zzz", None, names count)
    LmmError.NoSuchLevel("f", "zzz", None, names count)
    LmmError.LevelsLeftOut("f", names count)
    LmmError.StrayCells("x", None, List.init (min 5 count) (fun k -> $"v{k}", k), count)
]

let private case name =
    match Csv.read (TestData.csv $"cases/{name}") with
    | Ok frame -> frame
    | Error problems -> invalidOp (string problems)

let private refused formula frame =
    match Lmm.fitFormula FitOptions.defaults frame formula with
    | Ok _ -> [ "a fit" ]
    | Error problems -> problems |> List.map LmmError.describe

let private plain =
    TestFrame.ofColumns [
        "y", TestFrame.numbers (Seq.init 20 (fun k -> float (k * k % 7)))
        "x", TestFrame.numbers (Seq.init 20 float)
        "ID-Nr.", TestFrame.texts (Seq.init 20 (fun k -> $"g{k % 4}"))
        "name", TestFrame.texts (Seq.init 20 (fun k -> $"n{k % 17}"))
    ]

[<Tests>]
let tests =
    testList "ProblemLimitTests" [
        testProperty "a limited list counts what it leaves out" (fun (PositiveInt count) ->
            let problems = List.init (count * 3) problem
            let told = LmmError.limit problems

            let others =
                told
                |> List.sumBy (fun problem ->
                    match problem with
                    | LmmError.Others count -> count
                    | _ -> 1)

            Law.holds [
                yield! Law.isTrue "limit" (told.Length <= mostTold)
                yield! Law.isTrue "count" (others = problems.Length)
                yield! Law.isTrue "again" (LmmError.limit told = told)
                yield! Law.isTrue "repeats" (LmmError.limit (problems @ problems) = told)
            ])

        testCase "a message of many names is no longer than one of a dozen" (fun () ->
            let words (problem: LmmError) =
                (LmmError.describe problem).Split(' ').Length

            Law.assertHolds [
                for few, many in List.zip (listing mostNames) (listing 5000) do
                    yield! Law.isTrue (LmmError.describe many) (words many <= words few + 6)
            ])

        testCase "a long formula is shown around its fault" (fun () ->
            let formula = "y ~ " + String.replicate 5000 "x + " + "~"

            match Formula.parse formula with
            | Ok _ -> failtest "It has two tildes."
            | Error problems ->
                for problem in problems do
                    Expect.isLessThan ((LmmError.describe problem).Length) 1200 "(LmmError.describe problem).Length")

        testCase "many faults of one kind are told with a count" (fun () ->
            let formula = "y ~ " + String.concat " + " (List.init 300 (fun k -> $"missing{k}"))
            let frame = TestFrame.ofColumns [ "y", TestFrame.numbers (Seq.init 400 float) ]

            match Lmm.fitFormula FitOptions.defaults frame formula with
            | Ok _ -> failtest "It has no such columns."
            | Error problems ->
                Check.equal mostTold problems.Length

                Check.equal
                    "There are 280 more problems; correct those above first."
                    (LmmError.describe (List.last problems)))

        testCase "many animals with two rows are told with a count" (fun () ->
            let rows = [
                for k in 1..1000 do
                    for _ in 1..2 -> $"a{k}", "", ""
            ]

            match Pedigree.ofRows rows with
            | Ok _ -> failtest "Animals have two rows."
            | Error problems -> Check.equal mostTold problems.Length)

        // Case 20.
        testCase "an unstructured matrix over continuous time is one sentence" (fun () ->
            case "20-us-over-time"
            |> refused "y ~ arm * VISITN; residual = us(VISIT_NUM | id)"
            |> Texts.equal [
                "Nearly every value of 'VISIT_NUM' is its own, 98 of 99: 'us(VISIT_NUM | id)' has a variance for each and "
                + "a covariance for each pair; take a variable that repeats, such as the number of the visit, or car1, which "
                + "goes by distance."
            ])

        // Case 11.
        testCase "a cell that is no number is named with its row" (fun () ->
            case "11-bad-cell"
            |> refused "resp ~ dose + (1 | id)"
            |> Texts.equal [
                "Column 'dose' has numbers except in row 5 ('.'): correct it, name a code of missing values (--na \".\"), "
                + "or write factor(dose) if these are names of levels."
            ]

            case "11-bad-cell"
            |> refused "resp ~ log(dose) + (1 | id)"
            |> Texts.equal [
                "Column 'dose' has numbers except in row 5 ('.'), and 'log(dose)' needs numbers: correct it, "
                + "name a code of missing values (--na \".\")."
            ])

        testCases
            "levels of which some are numbers are levels"
            [ "1 2 3 4 5+", 5; "0 10 20 high", 4 ]
            (fun (levels: string, count: int) ->
                let levels = levels.Split ' '

                let frame =
                    TestFrame.ofColumns [
                        "f", TestFrame.texts (Seq.init 40 (fun k -> levels[k % count]))
                        "y", TestFrame.numbers (Seq.init 40 (fun k -> float (k * k % 11)))
                    ]

                Check.isTrue ((Lmm.fitFormula FitOptions.defaults frame "y ~ f").IsOk))

        testCase "a term written many times is refused before work begins" (fun () ->
            let formula = "y ~ x + " + String.concat " + " (List.replicate 401 "(1 | `ID-Nr.`)")

            plain
            |> refused formula
            |> Texts.equal [
                "Random term '(1 | `ID-Nr.`)' is there 401 times; their variances cannot be told apart: keep one of them."
            ])

        testCase "more terms than rows are refused before work begins" (fun () ->
            let columns = [
                "y", TestFrame.numbers (Seq.init 20 (fun k -> float (k * k % 7)))
                for v in 1..10 do
                    $"x{v}", TestFrame.numbers (Seq.init 20 (fun k -> float ((k + v) * v % 11)))
            ]

            let formula = "y ~ " + String.concat " * " (List.init 10 (fun v -> $"x{v + 1}"))

            TestFrame.ofColumns columns
            |> refused formula
            |> Texts.equal [
                "20 rows cannot estimate 1024 fixed effects and a residual variance; use fewer terms."
            ])

        testCase "the column that exhausts the rows is named" (fun () ->
            plain
            |> refused "y ~ ."
            |> Texts.equal [
                "20 rows cannot estimate 21 fixed effects and a residual variance; 'name' alone has 17 levels: leave it out, "
                + "or make it a random effect."
            ])

        testCase "a name with a dash gets a hint at back-ticks" (fun () ->
            plain
            |> refused "y ~ x + (1 | ID-Nr.)"
            |> Texts.equal [
                "The formula cannot be read:\n  y ~ x + (1 | ID-Nr.)\n                  ^ a name with '-' in it needs back-ticks: (1 | `ID-Nr.`)"
            ]

            plain
            |> refused "y ~ ID - Nr."
            |> Texts.equal [
                "Column 'ID' is not in the data; did you mean `ID-Nr.`? Such a name needs its back-ticks."
            ])
    ]
