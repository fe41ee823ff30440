//! Lists of numbers and enums that are packed without saying so.
//!
//! That is the default of proto3. prost-build takes a field with any option, such as a `buf.validate` rule, for one that
//! sets `packed` to false.

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor};
use prost_types::{DescriptorProto, FileDescriptorProto};

/// Sets the option on the fields that are packed.
pub(crate) fn say_so(file: &mut FileDescriptorProto, pool: &DescriptorPool) {
    let Some(descriptor) = pool.get_file_by_name(file.name()) else {
        return;
    };
    in_messages(
        &mut file.message_type,
        &descriptor.messages().collect::<Vec<_>>(),
    );
}

fn in_messages(messages: &mut [DescriptorProto], descriptors: &[MessageDescriptor]) {
    for message in messages {
        let mut known = descriptors.iter();
        let Some(descriptor) = known.find(|known| known.name() == message.name()) else {
            continue;
        };
        for field in &mut message.field {
            let number = u32::try_from(field.number()).unwrap_or_default();
            let known = descriptor.get_field(number);
            if let Some(options) = &mut field.options
                && known.as_ref().is_some_and(FieldDescriptor::is_packed)
            {
                options.packed = Some(true);
            }
        }
        in_messages(
            &mut message.nested_type,
            &descriptor.child_messages().collect::<Vec<_>>(),
        );
    }
}
