/** The words that Meta's own errors are made of, in lower case: alone, they tell nothing of a message. */
const META_WORDS: ReadonlySet<string> = new Set(
  `a about access account accounts action active allowed already an and any api app are as at
  attachment audio authentication be because been before being between blocked body business button
  buttons by call calls can cannot caption category character characters click code component
  components contact contacts content could country created currency customer data date deleted
  delivered denied details did disabled document does download due during each eligibility eligible
  empty enabled error errors exceed exceeded exceeds exist exists expected expired failed false field
  file flow footer for format found from general generic get group had has have header healthy hit
  hours id ids if image in incoming incorrect integrity interactive internal invalid is issue issues
  it its key language large last later least length less limit link list location locked long many
  marketing match max maximum media message messages messaging meta method mime min minimum missing
  more most must name need new no not null number numbers object of older on once one only or other
  out pair param parameter parameters params paused payment per permission permissions phone please
  policy preview quality query rate re-engagement reached read reason received recipient recipients
  refused rejected reply request requested required requires restricted restriction reached row rows
  section sections see send sender sending sent service session should since size spam status sticker
  stopped string supported system temporarily template templates text than that the their them then
  there these this time title to token too translation true try type undeliverable unable unavailable
  unknown unsupported until upload url use used user users utility valid value values verification
  version video violation violations violated was were when which whatsapp while will window with
  within without wrong you your`.split(/\s+/),
);

export function isMetaWord(word: string): boolean {
  return META_WORDS.has(word.toLowerCase());
}
